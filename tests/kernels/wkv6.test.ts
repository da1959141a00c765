import { describe, expect, it } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { wkv6 } from "../../src/kernels/wkv6.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu, withoutSubgroups } from "../gpu.ts";
import * as reference from "../reference/wkv6.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

/** Decays as they come out of exp(−exp ω): the middle, and the ends that bf16 weights reach. */
const decays = {
  ordinary: (seed: number, length: number) => randomFloats(length, seed).map((value) => 0.75 + value / 4),
  "near 0": (seed: number, length: number) => randomFloats(length, seed).map((value) => Math.exp(-Math.exp(4 + value))),
  "near 1": (seed: number, length: number) =>
    randomFloats(length, seed).map((value) => Math.exp(-Math.exp(-12 + value))),
  "0 and 1": (seed: number, length: number) => randomFloats(length, seed).map((value) => (value < 0 ? 0 : 1)),
};

async function check(
  heads: number,
  headSize: number,
  rows: number,
  kind: keyof typeof decays,
  steps = 1,
  gpu?: Gpu,
): Promise<void> {
  gpu ??= await testGpu();
  const width = heads * headSize;
  const batchRows = rows + 1;
  const random = (seed: number, scale = 1) => randomFloats(rows * width, seed, scale);
  const [k, v, r, w, u] = [random(1), random(2), random(3), decays[kind](4, rows * width), randomFloats(width, 5)];
  const spare = new Float32Array(width);
  const kvrg = uploadRows(
    gpu,
    "kvrg",
    Float32Array.from([k, v, r, random(9)].flatMap((part) => [...part, ...spare])),
    width,
  );
  const decay = uploadRows(gpu, "decay", w, width);
  const bonus = uploadRows(gpu, "bonus", u, width);
  const before = randomFloats(width * headSize, 6);
  const state = createTensor(gpu, "state", [heads, headSize, headSize], "f32", before);
  const y = emptyRows(gpu, "y", batchRows, width);
  const uniform = createUniform(gpu, "rows", [rows, 0, 0, 0]);

  runDispatches(
    gpu,
    [wkv6(gpu, { kvrg, decay, bonus, state, y, rows: uniform }, { width, headSize, batchRows, steps })],
    {
      rows,
    },
  );

  const after = Float64Array.from(before);
  const expected = reference.wkv6({ r, k, v, w, u }, after, headSize);
  const output = await readRows(gpu, y, width);
  expectClose(output.subarray(0, rows * width), expected, 1e-5);
  expect(output.subarray(rows * width).every((value) => value === 0)).toBe(true);
  expectClose(await readFloats(gpu, state), after, 1e-5);
  for (const owner of [kvrg, decay, bonus, state, y, uniform]) owner.destroy();
}

describe.each([
  [1, 1],
  [7, 5],
  [3, 20],
  [2, 64],
  [1, 67],
  [2, 128],
])("RWKV-6's recurrence of %i heads of %i", (heads, headSize) => {
  it.each([1, 16, 17, 50])("computes %i tokens and the state they leave", async (rows) => {
    await check(heads, headSize, rows, "ordinary");
  });

  it("computes them without subgroups", async () => {
    await check(heads, headSize, 17, "ordinary", 1, withoutSubgroups(await testGpu()));
  });

  it("computes them with a barrier every 8 tokens", async () => {
    await check(heads, headSize, 17, "ordinary", 8);
  });

  it.each(["near 0", "near 1", "0 and 1"] as const)("holds with decays %s", async (kind) => {
    await check(heads, headSize, 17, kind);
  });
});

it("reads in parts what it reads at once", async () => {
  const gpu = await testGpu();
  const [width, headSize, rows, first] = [40, 20, 23, 9];
  const data = Array.from({ length: 4 }, (_, i) => randomFloats(rows * width, i));
  const w = decays.ordinary(5, rows * width);
  const bonus = uploadRows(gpu, "bonus", randomFloats(width, 6), width);
  const run = async (ranges: [number, number][]) => {
    const state = createTensor(gpu, "state", [width * headSize], "f32");
    for (const [from, to] of ranges) {
      const part = (values: Float32Array) => values.subarray(from * width, to * width);
      const kvrg = uploadRows(gpu, "kvrg", Float32Array.from(data.flatMap((values) => [...part(values)])), width);
      const decay = uploadRows(gpu, "decay", part(w).slice(), width);
      const y = emptyRows(gpu, "y", to - from, width);
      const uniform = createUniform(gpu, "rows", [to - from, 0, 0, 0]);
      const io = { kvrg, decay, bonus, state, y, rows: uniform };
      runDispatches(gpu, [wkv6(gpu, io, { width, headSize, batchRows: to - from })]);
      for (const owner of [kvrg, decay, y, uniform]) owner.destroy();
    }
    const result = await readFloats(gpu, state);
    state.destroy();
    return result;
  };
  expect(
    await run([
      [0, first],
      [first, rows],
    ]),
  ).toEqual(await run([[0, rows]]));
  bonus.destroy();
});
