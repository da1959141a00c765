import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { groupNormGate } from "../../src/kernels/group-norm-gate.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/group-norm-gate.ts";
import { readRows, uploadRows } from "./gpu-rows.ts";

describe.each([1, 4, 64])("group norm with %i lanes", (lanes) => {
  it.each([
    [1, 1, 1],
    [1, 192, 64],
    [2, 35, 5],
    [7, 20, 20],
    [33, 67, 67],
    [3, 256, 128],
  ])("normalises and gates %i rows of %i in heads of %i", async (rows, width, headSize) => {
    const gpu = await testGpu();
    const [values, gates] = [randomFloats(rows * width, 1, 4), randomFloats((rows + 2) * width, 2, 5)];
    const [scale, offset] = [randomFloats(width, 3), randomFloats(width, 4)];
    const untouched = randomFloats(width, 5);
    const y = uploadRows(gpu, "y", Float32Array.from([...values, ...untouched]), width);
    const gate = uploadRows(gpu, "gate", gates, width);
    const weight = uploadRows(gpu, "weight", scale, width);
    const bias = uploadRows(gpu, "bias", offset, width);
    const gateOffset = 2 * (gate.shape[1] as number);

    const options = { width, headSize, eps: 64e-5, gateOffset, lanes };
    runDispatches(gpu, [groupNormGate(gpu, { y, gate, weight, bias }, options)], { rows });

    const output = await readRows(gpu, y, width);
    const expected = reference.groupNormGate(values, gates.subarray(2 * width), scale, offset, headSize, 64e-5);
    expectClose(output.subarray(0, rows * width), expected, 1e-5);
    expect(output.subarray(rows * width)).toEqual(untouched);
    for (const owner of [y, gate, weight, bias]) owner.destroy();
  });
});
