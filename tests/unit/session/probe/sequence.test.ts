import { describe, expect, it } from "vitest";
import { captionsFor, inPieces, mayBeBetter, worstFirst } from "../../../../src/session/probe/sequence.ts";

const own = [0.1, 0.9, 0.3, 0.2].map((loss) => ({ loss, gain: 1, right: true }));

describe("a setting is tried in pieces", () => {
  it("on the pictures first that cost most", () => {
    expect(worstFirst(own)).toEqual([1, 2, 3, 0]);
  });

  it.each([
    [16, [4, 4, 8]],
    [12, [4, 4, 4]],
    [8, [4, 4]],
    [3, [3]],
  ])("of %i pictures, every one once", (count, sizes) => {
    const pieces = inPieces([...Array(count).keys()].reverse());
    expect(pieces.map((piece) => piece.length)).toEqual(sizes);
    expect(pieces.flat()).toEqual([...Array(count).keys()].reverse());
  });

  it("and on no more once it has gained nothing on those", () => {
    expect(mayBeBetter(own, [null, 0.5, 0.3, null])).toBe(true);
    expect(mayBeBetter(own, [null, 0.9, 0.3, null])).toBe(false);
    expect(mayBeBetter(own, [null, 0.5, 0.8, null])).toBe(false);
    // Not half as much as another.
    expect(mayBeBetter(own, [null, 0.5, 0.3, null], [0.1, 0.3, 0.3, 0.2])).toBe(true);
    expect(mayBeBetter(own, [null, 0.5, 0.3, null], [0.1, 0.05, 0.3, 0.2])).toBe(false);
    // Less than means anything, and no number.
    expect(mayBeBetter(own, [null, 0.899, 0.299, null])).toBe(false);
    expect(mayBeBetter(own, [null, Number.NaN, 0.3, null])).toBe(false);
  });
});

it("a picture is held against its own caption and eleven others", () => {
  expect(captionsFor(14, 16)).toEqual([14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(captionsFor(1, 3)).toEqual([1, 2, 0]);
});
