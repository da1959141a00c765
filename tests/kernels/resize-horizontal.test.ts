import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readWords } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { resizeHorizontal } from "../../src/kernels/resize-horizontal.ts";
import { resampleWeights } from "../../src/vision/resample-weights.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/resize-horizontal.ts";
import { extremeBytes, packPixels, unpackPixels } from "../rgb.ts";

it.each([
  ["bicubic", 37, 11, 16],
  ["bicubic", 9, 5, 23],
  ["lanczos", 1, 3, 8],
  ["lanczos", 1920, 2, 9],
  ["bilinear", 64, 4, 64],
] as const)("resizes rows by %s: %i × %i to %i", async (resample, width, height, size) => {
  const gpu = await testGpu();
  const bytes = extremeBytes(width * height * 3, 7);
  const { taps, table } = resampleWeights(width, size, resample);
  const picture = createTensor(gpu, "picture", [height, width], "u32", packPixels(bytes));
  const weights = createTensor(gpu, "weights", [size, taps + 2], "i32", table);
  const rows = createTensor(gpu, "rows", [height, size], "u32");
  const params = createUniform(gpu, "params", [height, width, 1, taps]);

  runDispatches(gpu, [resizeHorizontal(gpu, { params, picture, weights, rows }, { size, lines: height })]);

  const expected = reference.resizeHorizontal(bytes, width, taps, table);
  expect(unpackPixels(await readWords(gpu, rows))).toEqual(expected);
  for (const owned of [picture, weights, rows, params]) owned.destroy();
});
