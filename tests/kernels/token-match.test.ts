import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats, readWords } from "../../src/gpu/tensor.ts";
import { rowStride } from "../../src/kernels/row-stride.ts";
import { tokenMatch } from "../../src/kernels/token-match.ts";
import { createTokenStep } from "../../src/kernels/token-step.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/token-match.ts";
import { padRows } from "../rows.ts";

const plain = { removed: 0, order: "none", first: true, drop: false } as const;

async function match(metric: Float32Array, frames: number, tokens: number, width: number, protectFirst: boolean) {
  const gpu = await testGpu();
  const rows = Math.ceil(tokens / 2);
  const tensor = createTensor(gpu, "metric", [frames, tokens, rowStride(width)], "f32", padRows(metric, width));
  const best = createTensor(gpu, "best", [frames, rows], "f32");
  const nearest = createTensor(gpu, "nearest", [frames, rows], "u32");
  const step = createTokenStep(gpu, "step", { ...plain, tokens, protectFirst });
  runDispatches(gpu, [tokenMatch(gpu, { metric: tensor, best, nearest }, step, { frames, width })], { rows: frames });
  const result = { best: await readFloats(gpu, best), nearest: await readWords(gpu, nearest) };
  for (const each of [tensor, best, nearest, step]) each.destroy();
  return result;
}

it.each([
  [1, 1, 4],
  [1, 2, 1],
  [3, 3, 5],
  [2, 5, 16],
  [3, 64, 32],
  [1, 577, 64],
])("matches %i frames of %i tokens of %i", async (frames, tokens, width) => {
  const metric = randomFloats(frames * tokens * width, tokens);
  const rows = Math.ceil(tokens / 2);
  for (const protectFirst of [false, true]) {
    const { best, nearest } = await match(metric, frames, tokens, width, protectFirst);
    for (let frame = 0; frame < frames; frame++) {
      const part = metric.subarray(frame * tokens * width, (frame + 1) * tokens * width);
      const expected = reference.tokenMatch(part, width, protectFirst);
      const mine = best.subarray(frame * rows, (frame + 1) * rows);
      const first = protectFirst || tokens === 1 ? 1 : 0; // −∞ there, the lowest number here
      expectClose(mine.subarray(first), expected.best.slice(first), 1e-5);
      if (first) expect(mine[0]).toBeLessThan(-1e38);
      if (protectFirst) expected.nearest[0] = nearest[frame * rows] as number;
      expect([...nearest.subarray(frame * rows, (frame + 1) * rows)]).toEqual(expected.nearest);
    }
  }
});

it("gives ties to the lowest and finds zero vectors similar to nothing", async () => {
  // Rows 0…19: one-hot vectors, so that every cosine is exactly 0 or 1; rows 4 and 7 are zero.
  const metric = new Float32Array(20 * 3);
  for (let t = 0; t < 20; t++) if (t !== 4 && t !== 7) metric[t * 3 + (t % 3)] = 2 ** (t % 5);
  const expected = reference.tokenMatch(metric, 3, false);
  const { best, nearest } = await match(metric, 1, 20, 3, false);
  expect([...best]).toEqual(expected.best);
  expect([...nearest]).toEqual(expected.nearest);
  expect(best[2]).toBe(0);
});
