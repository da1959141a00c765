import { expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { layerNorm } from "../../src/kernels/layer-norm.ts";
import { rowStride } from "../../src/kernels/row-stride.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/layer-norm.ts";
import { denseRows, padRows } from "../rows.ts";

it.each([
  [1, 1],
  [1, 192],
  [5, 67],
  [3, 130],
  [2, 2048],
])("normalises %i rows of %i", async (rows, width) => {
  const gpu = await testGpu();
  const stride = rowStride(width);
  const [input, scale, shift] = [randomFloats(rows * width, 1, 3), randomFloats(width, 2), randomFloats(width, 3)];
  const x = createTensor(gpu, "x", [rows, stride], "f32", padRows(input, width));
  const weight = createTensor(gpu, "weight", [stride], "f32", padRows(scale, width));
  const bias = createTensor(gpu, "bias", [stride], "f32", padRows(shift, width));
  const y = createTensor(gpu, "y", [rows + 1, stride], "f32");

  runDispatches(gpu, [layerNorm(gpu, { x, weight, bias, y }, { width, rows, eps: 1e-5, rowOffset: 1 })]);

  const output = denseRows(await readFloats(gpu, y), width);
  expect(output.subarray(0, width).every((value) => value === 0)).toBe(true);
  expectClose(output.subarray(width), reference.layerNorm(input, scale, shift, 1e-5), 1e-5);
  for (const tensor of [x, weight, bias, y]) tensor.destroy();
});
