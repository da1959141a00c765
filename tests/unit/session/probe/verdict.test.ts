import { describe, expect, it } from "vitest";
import type { Setting } from "../../../../src/session/probe/settings.ts";
import { reportText } from "../../../../src/session/probe/table.ts";
import { compareSetting, costsLess, judge, type PictureResult } from "../../../../src/session/probe/verdict.ts";

const bounds = { most: 4.5, gap: 1, pictures: Number.POSITIVE_INFINITY };
const language = { loss: 3, shuffledLoss: 7, tokens: 300 };
const stretch: Setting = {
  field: "vision_config.fit",
  value: "stretch",
  label: "pictures stretched to squares",
  assumptions: { vision_config: { fit: "stretch" } },
  part: "pixels",
};
/** Twelve pictures of which so many are told apart. */
const pictures = (right: number): PictureResult[] =>
  Array.from({ length: 12 }, (_, i) => ({ loss: 2 + (i % 3) / 10, gain: 1, right: i < right }));
const less = (by: readonly number[]) => pictures(12).map(({ loss }, i) => loss - (by[i % by.length] as number));

describe("a setting", () => {
  it("is better when all pictures cost less with it, and as many are right", () => {
    const found = compareSetting(stretch, pictures(10), less([0.2, 0.3]), 10);
    expect(found).toMatchObject({ field: "vision_config.fit", value: "stretch", top1: 10, better: true });
    expect(found.difference).toBeCloseTo(-0.25);
    expect(found.loss).toBeCloseTo(1.85);
    // Standard error of the mean of twelve differences of which half are 0.05 below, half above.
    expect(found.differenceError).toBeCloseTo(Math.sqrt((12 * 0.05 ** 2) / 11 / 12), 10);
  });

  it.each([
    ["the pictures do not agree", less([0.6, -0.4]), 12],
    ["the difference is too small to mean anything", less([0.004, 0.005]), 12],
    ["fewer pictures are told apart", less([0.2, 0.3]), 8],
    ["it was not counted how many are", less([0.2, 0.3]), null],
    ["it is worse", less([-0.2]), 12],
    ["it was not tried on all pictures", less([0.2, 0.3]).map((loss, i) => (i < 4 ? loss : null)), 12],
  ])("is not better when %s", (_, losses, top1) => {
    expect(compareSetting(stretch, pictures(10), losses, top1).better).toBe(false);
  });

  it("is told of the pictures that it was tried on", () => {
    const some = less([0.2, 0.3]).map((loss, i) => (i === 1 || i === 4 ? loss : null));
    const found = compareSetting(stretch, pictures(10), some, null);
    expect(found).toMatchObject({ pictures: 2, better: false });
    expect(found.difference).toBeCloseTo(-0.25);
    expect(found.loss).toBeCloseTo(1.85);
  });

  it("costs less only by more than two standard errors", () => {
    expect(costsLess(pictures(12), less([0.2, 0.1]))).toBe(true);
    expect(costsLess(pictures(12), less([0.2, -0.1]))).toBe(false);
    expect(costsLess(pictures(12), less([-0.1, -0.2]))).toBe(false);
  });
});

describe("the verdict", () => {
  const say = (right: number | null, settings = [compareSetting(stretch, pictures(right ?? 0), less([-0.2]), null)]) =>
    judge({ model: "m", language, bounds, own: right === null ? null : pictures(right), settings });

  it("is of a model for text only what its words tell", () => {
    const { verdict, sentence, pictures } = say(null, []);
    expect([verdict, pictures]).toEqual(["reads", null]);
    expect(sentence).toBe(
      "m reads text as it was trained to (3.00 nats a token, 7.00 with the words in disorder); it cannot see, so it was shown no pictures.",
    );
  });

  it("is that all is well", () => {
    expect(say(12)).toMatchObject({ verdict: "reads", proposal: null, pictures: { top1: 12, count: 12 } });
    expect(say(12).sentence).toBe(
      "m is read as it was trained: it finds the right caption for 12 of 12 pictures, and no other setting is better.",
    );
  });

  it("names the better setting, which is proposed", () => {
    const small = { ...stretch, value: "letterbox" };
    const settings = [
      compareSetting(small, pictures(8), less([0.1, 0.11]), 12),
      compareSetting(stretch, pictures(8), less([0.2, 0.21]), 11),
    ];
    const { verdict, sentence, proposal } = say(8, settings);
    expect(verdict).toBe("better-setting");
    expect(proposal).toEqual({
      field: "vision_config.fit",
      value: "stretch",
      label: stretch.label,
      assumptions: stretch.assumptions,
    });
    expect(sentence).toMatch(
      /^m reads, .* pictures stretched to squares: .* 8 of 12 pictures now, and for 11 with that/,
    );
  });

  it("is that it does not read pictures, also where one setting costs less without showing it more", () => {
    const settings = [compareSetting(stretch, pictures(1), less([0.2, 0.21]), 2)];
    expect(say(1, settings)).toMatchObject({ verdict: "does-not-read-pictures", proposal: null });
    expect(say(1).sentence).toMatch(
      /does not read pictures as it was trained to \(it finds the right caption for 1 of 12 pictures/,
    );
  });

  it("is the same where pictures cost more than they may, unless a setting takes half of that away", () => {
    const narrow = { ...bounds, pictures: 1.9 };
    const with_ = (by: number) => {
      const settings = [compareSetting(stretch, pictures(12), less([by, by + 0.01]), 12)];
      return judge({ model: "m", language, bounds: narrow, own: pictures(12), settings });
    };
    expect(with_(0.05)).toMatchObject({ verdict: "does-not-read-pictures", proposal: null });
    expect(with_(0.15)).toMatchObject({ verdict: "better-setting", proposal: { value: "stretch" } });
  });

  it.each([
    ["words surprise it as much as words in disorder", { loss: 4, shuffledLoss: 4.5, tokens: 300 }],
    ["words surprise it too much", { loss: 6, shuffledLoss: 9, tokens: 300 }],
    ["nothing of it is a number", { loss: Number.NaN, shuffledLoss: Number.NaN, tokens: 300 }],
  ])("is that it does not read, when %s", (_, heard) => {
    const found = judge({ model: "m", language: heard, bounds, own: null, settings: [] });
    expect(found).toMatchObject({ verdict: "does-not-read", pictures: null, proposal: null });
    expect(found.sentence).toMatch(/does not read/);
  });

  it("is a table as well", () => {
    const settings = [
      compareSetting(stretch, pictures(8), less([0.2, 0.21]), 11),
      compareSetting({ ...stretch, value: "letterbox" }, pictures(8), less([-0.2, -0.3]), null),
      compareSetting(
        { ...stretch, value: "crop" },
        pictures(8),
        [...less([-1]).slice(0, 4), ...Array(8).fill(null)],
        null,
      ),
    ];
    const cost = { frames: 36, tokens: 9000, seconds: 41.3 };
    const text = reportText({ model: "m", language, settings, notices: ["No room."], cost, ...say(8, settings) });
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        "Words: 3.000 nats a token, 7.000 in disorder (300 tokens).",
        "| as loaded | | 8 of 12 | 2.100 ± 0.025 | |",
        "| vision_config.fit | stretch (better) | 11 of 12 | 1.895 ± 0.025 | -0.205 ± 0.002 |",
        expect.stringMatching(/^\| vision_config\.fit \| letterbox \| – \| /),
        "| vision_config.fit | crop | – | – | +1.000 ± 0.000 (on the worst 4) |",
        "No room.",
        "Cost: 36 frames, 9000 tokens, 41 s.",
      ]),
    );
  });
});
