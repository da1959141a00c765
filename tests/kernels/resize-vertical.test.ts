import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { resizeVertical } from "../../src/kernels/resize-vertical.ts";
import { resampleWeights } from "../../src/vision/resample-weights.ts";
import { expectClose } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/resize-vertical.ts";
import { extremeBytes, packPixels } from "../rgb.ts";

const mean = [0.48, 0.46, 0.41];
const std = [0.27, 0.26, 0.28];

it.each([
  ["bicubic", 41, 16],
  ["bicubic", 3, 21],
  ["lanczos", 1080, 6],
  ["bilinear", 9, 9],
] as const)("resizes columns by %s and normalises: %i to %i", async (resample, height, size) => {
  const gpu = await testGpu();
  const bytes = extremeBytes(height * size * 3, 5);
  const { taps, table } = resampleWeights(height, size, resample);
  const tableOf = (i: number) => ((i & 255) / 255 - (mean[i >> 8] ?? 0)) / (std[i >> 8] ?? 1);
  const normalized = createTensor(
    gpu,
    "normalized",
    [3, 256],
    "f32",
    Float32Array.from({ length: 768 }, (_, i) => tableOf(i)),
  );
  const rows = createTensor(gpu, "rows", [height, size], "u32", packPixels(bytes));
  const weights = createTensor(gpu, "weights", [size, taps + 2], "i32", table);
  const pixels = createTensor(gpu, "pixels", [3, 3, size, size], "f32");
  const params = createUniform(gpu, "params", [1, taps]);

  runDispatches(gpu, [resizeVertical(gpu, { params, rows, weights, normalized, pixels }, { size })]);

  const output = await readFloats(gpu, pixels);
  const one = 3 * size * size;
  expectClose(output.subarray(one, 2 * one), reference.resizeVertical(bytes, taps, table, mean, std), 1e-7);
  expect([...output.subarray(0, one), ...output.subarray(2 * one)].every((value) => value === 0)).toBe(true);
  for (const owned of [normalized, rows, weights, pixels, params]) owned.destroy();
});
