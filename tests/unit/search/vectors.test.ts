import { expect, it } from "vitest";
import { createVectors } from "../../../src/search/vectors.ts";
import { randomFloats } from "../../close.ts";

/** Rows of length 1. */
function randomRows(count: number, width: number, seed: number): Float32Array {
  const rows = randomFloats(count * width, seed, 1);
  for (let begin = 0; begin < rows.length; begin += width) {
    const row = rows.subarray(begin, begin + width);
    const length = Math.hypot(...row);
    for (const [i, value] of row.entries()) row[i] = value / length;
  }
  return rows;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

it.each([
  [50, 2000],
  [64, 2000],
  [768, 400],
])("the nearest of vectors of %i numbers are those that arithmetic finds", (width, count) => {
  const rows = randomRows(count, width, 1);
  const [query] = [randomRows(1, width, 2)];
  const vectors = createVectors(width);
  for (let first = 0; first < count; first += 8)
    vectors.add(
      Array.from({ length: 8 }, (_, i) => first + i),
      rows.subarray(first * width, (first + 8) * width),
    );
  const exact = Array.from({ length: count }, (_, i) => dot(rows.subarray(i * width, (i + 1) * width), query));
  const order = [...exact.keys()].sort((a, b) => (exact[b] ?? 0) - (exact[a] ?? 0));
  const found = vectors.nearest(query, 100);
  expect(found).toHaveLength(100);
  for (const [i, { seconds, cosine }] of found.entries()) {
    expect(Math.abs(cosine - (exact[seconds] ?? 0))).toBeLessThan(3e-5);
    expect(Math.abs(cosine - (exact[order[i] ?? 0] ?? 0))).toBeLessThan(3e-5);
  }
  const own = vectors.at(17.4) ?? new Float32Array(0);
  expect(dot(own, rows.subarray(17 * width, 18 * width))).toBeCloseTo(1, 4);
  expect(vectors.nearest(own, 1)[0]?.seconds).toBe(17);
});

it("past the budget what is left lies evenly over the video", () => {
  const vectors = createVectors(16, 100);
  const rows = randomRows(1000, 16, 3);
  for (let i = 0; i < 1000; i++) vectors.add([i], rows.subarray(i * 16, (i + 1) * 16));
  expect(vectors.count).toBeLessThanOrEqual(100);
  const times = vectors.nearest(rows.subarray(0, 16), 100).map(({ seconds }) => seconds);
  const sorted = times.sort((a, b) => a - b);
  const gaps = new Set(sorted.slice(1).map((seconds, i) => seconds - (sorted[i] ?? 0)));
  expect([...gaps]).toEqual([16]);
  expect(sorted.at(-1)).toBeGreaterThan(1000 - 17);
  expect(createVectors(16).nearest(rows.subarray(0, 16), 5)).toEqual([]);
  expect(createVectors(16).at(0)).toBeNull();
});
