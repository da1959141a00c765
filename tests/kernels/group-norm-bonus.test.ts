import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { groupNormBonus } from "../../src/kernels/group-norm-bonus.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/group-norm-bonus.ts";
import { readRows, uploadRows } from "./gpu-rows.ts";

describe.each([1, 4, 64])("group norm and bonus with %i lanes", (lanes) => {
  it.each([
    [1, 1, 1],
    [1, 192, 64],
    [2, 35, 5],
    [7, 20, 20],
    [33, 67, 67],
    [3, 256, 128],
  ])("of %i rows of %i in heads of %i", async (rows, width, headSize) => {
    const gpu = await testGpu();
    const batchRows = rows + 2;
    const random = (seed: number, scale = 1) => randomFloats(rows * width, seed, scale);
    const data = { y: random(1, 4), r: random(2), k: random(3), v: random(4), gate: random(5, 5) };
    const params = { weight: randomFloats(width, 6), bias: randomFloats(width, 7), bonus: randomFloats(width, 8) };
    const untouched = randomFloats(width, 9);
    const spare = randomFloats(2 * width, 10);
    const inputs = uploadRows(
      gpu,
      "inputs",
      Float32Array.from([data.r, data.k, data.v].flatMap((part) => [...part, ...spare])),
      width,
    );
    const y = uploadRows(gpu, "y", Float32Array.from([...data.y, ...untouched]), width);
    const gate = uploadRows(gpu, "gate", data.gate, width);
    const weight = uploadRows(gpu, "weight", params.weight, width);
    const bias = uploadRows(gpu, "bias", params.bias, width);
    const bonus = uploadRows(gpu, "bonus", params.bonus, width);

    const io = { inputs, bonus, gate, weight, bias, y };
    runDispatches(gpu, [groupNormBonus(gpu, io, { width, headSize, eps: 64e-5, batchRows, lanes })], { rows });

    const output = await readRows(gpu, y, width);
    expectClose(output.subarray(0, rows * width), reference.groupNormBonus(data, params, headSize, 64e-5), 1e-5);
    expect(output.subarray(rows * width)).toEqual(untouched);
    for (const owner of Object.values(io)) owner.destroy();
  });
});
