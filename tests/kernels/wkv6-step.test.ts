import { describe, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { wkv6Step } from "../../src/kernels/wkv6-step.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/wkv6-step.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

const eps = 64e-5;

describe.each([1, 4, 64])("one token of RWKV-6's recurrence with %i lanes", (lanes) => {
  it.each([
    [1, 1],
    [7, 5],
    [3, 20],
    [2, 64],
    [1, 67],
    [2, 128],
  ])("computes the output of %i heads of %i, normed and gated, and the state", async (heads, headSize) => {
    const gpu = await testGpu();
    const [width, batchRows] = [heads * headSize, 3];
    const [k, v, r, g, u, weight, bias] = [1, 2, 3, 4, 5, 6, 7].map((seed) => randomFloats(width, seed)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const w = randomFloats(width, 8).map((value) => 0.75 + value / 4);
    const before = randomFloats(width * headSize, 9);
    const spare = new Array(width * (batchRows - 1)).fill(9);
    const batches = Float32Array.from([k, v, r, g].flatMap((row) => [...row, ...spare]));
    const kvrg = uploadRows(gpu, "kvrg", batches, width);
    const rows = { decay: w, bonus: u, weight, bias };
    const [decay, bonus, scale, offset] = Object.entries(rows).map(([label, row]) =>
      uploadRows(gpu, label, row, width),
    );
    if (!decay || !bonus || !scale || !offset) throw new Error("four rows");
    const state = createTensor(gpu, "state", [heads, headSize, headSize], "f32", before);
    const y = emptyRows(gpu, "y", 1, width);

    const io = { kvrg, decay, bonus, weight: scale, bias: offset, state, y };
    runDispatches(gpu, [wkv6Step(gpu, io, { width, headSize, batchRows, eps, lanes })]);

    const after = Float64Array.from(before);
    const expected = reference.wkv6Step({ r, k, v, w, u, g, weight, bias }, after, headSize, eps);
    expectClose(await readRows(gpu, y, width), expected, 1e-5);
    expectClose(await readFloats(gpu, state), after, 1e-5);
    for (const owner of [kvrg, decay, bonus, scale, offset, state, y]) owner.destroy();
  });
});
