import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { tokenScore } from "../../src/kernels/token-score.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/token-score.ts";
import { uploadRows } from "./gpu-rows.ts";

it.each([
  ["one row of one token", 1, 1, 16, 1],
  ["fewer tokens than threads", 3, 5, 16, 4],
  ["tokens that fill no whole round", 7, 257, 256, 30],
  ["logits so far apart that most vanish", 4, 1222, 16, 2000],
  ["a large vocabulary", 2, 65529, 256, 10],
])("is the log-likelihood of each row's target: %s", async (_, rows, vocab, threads, scale) => {
  const gpu = await testGpu();
  const values = randomFloats(rows * vocab, 3, scale);
  const wanted = Uint32Array.from({ length: rows }, (_, row) => (row * 7919 + vocab - 1) % vocab);
  const logits = uploadRows(gpu, "logits", values, vocab);
  const targets = createTensor(gpu, "targets", [rows], "u32", wanted);
  const scores = createTensor(gpu, "scores", [rows], "f32");
  runDispatches(gpu, [tokenScore(gpu, { logits, targets, scores }, vocab, threads)], { rows });
  const found = await readFloats(gpu, scores);
  for (const [row, expected] of reference.tokenScore(values, wanted).entries())
    expect(Math.abs((found[row] as number) - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)));
  for (const owner of [logits, targets, scores]) owner.destroy();
});
