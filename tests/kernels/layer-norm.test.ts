import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { layerNorm } from "../../src/kernels/layer-norm.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/layer-norm.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

async function run(rows: number, width: number, options: { lanes: number; lastOnly?: boolean }) {
  const gpu = await testGpu();
  const [input, scale, offset] = [randomFloats(rows * width, 1, 3), randomFloats(width, 2), randomFloats(width, 3)];
  const [x, weight, bias] = [input, scale, offset].map((data) => uploadRows(gpu, "input", data, width)) as [
    ReturnType<typeof uploadRows>,
    ReturnType<typeof uploadRows>,
    ReturnType<typeof uploadRows>,
  ];
  const y = emptyRows(gpu, "y", rows + 1, width);
  const uniform = createUniform(gpu, "rows", [rows, 0, 0, 0]);
  runDispatches(gpu, [layerNorm(gpu, { x, weight, bias, y, rows: uniform }, { width, eps: 1e-5, ...options })], {
    rows,
  });
  const output = await readRows(gpu, y, width);
  for (const owner of [x, weight, bias, y, uniform]) owner.destroy();
  return { output, expected: reference.layerNorm(input, scale, offset, 1e-5) };
}

describe.each([1, 4, 64])("layer norm with %i lanes", (lanes) => {
  it.each([
    [1, 1],
    [1, 192],
    [7, 5],
    [5, 67],
    [3, 130],
    [2, 2048],
  ])("normalises %i rows of %i and writes nothing else", async (rows, width) => {
    const { output, expected } = await run(rows, width, { lanes });
    expectClose(output.subarray(0, rows * width), expected, 1e-5);
    expect(output.subarray(rows * width).every((value) => value === 0)).toBe(true);
  });

  it("normalises the last row alone", async () => {
    const { output, expected } = await run(5, 35, { lanes, lastOnly: true });
    expectClose(output.subarray(0, 35), expected.subarray(4 * 35), 1e-5);
    expect(output.subarray(35).every((value) => value === 0)).toBe(true);
  });
});
