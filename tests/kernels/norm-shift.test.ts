import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { normShift } from "../../src/kernels/norm-shift.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/norm-shift.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

describe.each([1, 4, 64])("norm and shift with %i lanes", (lanes) => {
  it.each([
    [1, 1, 1],
    [1, 192, 2],
    [2, 5, 3],
    [7, 35, 1],
    [33, 67, 2],
    [64, 130, 1],
  ])("of %i rows of %i with %i mixes", async (rows, width, mixes) => {
    const gpu = await testGpu();
    const batchRows = rows + 2;
    const data = {
      x: randomFloats(rows * width, 1, 3),
      weight: randomFloats(width, 2),
      bias: randomFloats(width, 3),
      shift: randomFloats(width, 4),
      mix: randomFloats(mixes * width, 5),
    };
    const upload = (name: keyof typeof data) => uploadRows(gpu, name, data[name], width);
    const [x, weight, bias, shift, mix] = [
      upload("x"),
      upload("weight"),
      upload("bias"),
      upload("shift"),
      upload("mix"),
    ];
    const normed = emptyRows(gpu, "normed", rows, width);
    const shifted = emptyRows(gpu, "shifted", mixes * batchRows, width);
    const carry = emptyRows(gpu, "carry", 1, width);
    const uniform = createUniform(gpu, "rows", [rows, 0, 0, 0]);

    const io = { x, weight, bias, shift, mix, normed, shifted, carry, rows: uniform };
    runDispatches(gpu, [normShift(gpu, io, { width, eps: 1e-5, mixes, batchRows, lanes })], { rows });

    const expected = reference.normShift(data.x, data.weight, data.bias, 1e-5, data.shift, data.mix);
    expectClose(await readRows(gpu, normed, width), expected.normed, 1e-5);
    expectClose(await readRows(gpu, carry, width), expected.normed.subarray((rows - 1) * width), 1e-5);
    const output = await readRows(gpu, shifted, width);
    for (let i = 0; i < mixes; i++) {
      const [mine, theirs] = [output.subarray(i * batchRows * width), expected.shifted.subarray(i * rows * width)];
      expectClose(mine.subarray(0, rows * width), theirs.subarray(0, rows * width), 1e-5);
      expect(mine.subarray(rows * width, batchRows * width).every((value) => value === 0)).toBe(true);
    }
    for (const owner of [x, weight, bias, shift, mix, normed, shifted, carry, uniform]) owner.destroy();
  });
});
