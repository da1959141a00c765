import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { wkv7 } from "../../src/kernels/wkv7.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/wkv7.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

const variants = ["shared", "direct"] as const;

/** Decays exp(−0.606531 σ) lie between these; a is between 0 and 1. */
const [leastDecay, mostDecay] = [Math.exp(-0.606531), 1];

type Case = { readonly heads: number; readonly headSize: number; readonly rows: number };

/** Random inputs [T, C] as the model makes them: κ of length 1 in each head, β = κ ⊙ a. */
function randomInputs({ heads, headSize, rows }: Case, a: (value: number) => number, w: (value: number) => number) {
  const random = (seed: number) => randomFloats(rows * heads * headSize, seed);
  const kappa = random(5);
  for (let at = 0; at < kappa.length; at += headSize) {
    const head = kappa.subarray(at, at + headSize);
    const norm = Math.hypot(...head);
    head.forEach((value, i) => {
      head[i] = value / norm;
    });
  }
  const rates = random(6).map(a);
  return {
    r: random(1),
    k: random(2),
    v: random(3),
    w: random(4).map(w),
    kappa,
    beta: kappa.map((value, i) => value * (rates[i] as number)),
  };
}

const ordinary = {
  a: (value: number) => 0.5 + value / 2,
  w: (value: number) => leastDecay + ((mostDecay - leastDecay) * (1 + value)) / 2,
};

async function check(
  sizes: Case,
  variant: (typeof variants)[number],
  { a, w }: { a: (value: number) => number; w: (value: number) => number } = ordinary,
): Promise<void> {
  const gpu = await testGpu();
  const { heads, headSize, rows } = sizes;
  const width = heads * headSize;
  const batchRows = rows + 1;
  const data = randomInputs(sizes, a, w);
  const spare = new Float32Array(width);
  const parts = [data.r, data.k, data.v, data.w, data.kappa, data.beta];
  const inputs = uploadRows(gpu, "inputs", Float32Array.from(parts.flatMap((part) => [...part, ...spare])), width);
  const before = randomFloats(width * headSize, 7);
  const state = createTensor(gpu, "state", [heads, headSize, headSize], "f32", before);
  const y = emptyRows(gpu, "y", batchRows, width);
  const uniform = createUniform(gpu, "rows", [rows, 0, 0, 0]);

  runDispatches(gpu, [wkv7(gpu, { inputs, state, y, rows: uniform }, { width, headSize, batchRows, variant })], {
    rows,
  });

  const after = Float64Array.from(before);
  const expected = reference.wkv7(data, after, width, headSize);
  const output = await readRows(gpu, y, width);
  expectClose(output.subarray(0, rows * width), expected, 1e-5);
  expect(output.subarray(rows * width).every((value) => value === 0)).toBe(true);
  expectClose(await readFloats(gpu, state), after, 1e-5);
  for (const owner of [inputs, state, y, uniform]) owner.destroy();
}

describe.each(variants)("RWKV-7's recurrence, %s", (variant) => {
  describe.each([
    [1, 1],
    [7, 5],
    [3, 20],
    [2, 64],
    [1, 67],
    [2, 128],
  ])("of %i heads of %i", (heads, headSize) => {
    it.each([1, 8, 17, 50])("computes %i tokens and the state they leave", async (rows) => {
      await check({ heads, headSize, rows }, variant);
    });
  });

  it("forgets all along κ where a is 1 and nothing decays", async () => {
    await check({ heads: 3, headSize: 20, rows: 40 }, variant, { a: () => 1, w: () => 1 });
  });

  it("is a decay alone where a is 0", async () => {
    await check({ heads: 3, headSize: 20, rows: 17 }, variant, { a: () => 0, w: () => leastDecay });
  });
});

it.each(variants)("reads in parts what it reads at once, %s", async (variant) => {
  const gpu = await testGpu();
  const sizes = { heads: 2, headSize: 20, rows: 23 };
  const [width, first] = [40, 9];
  const data = Object.values(randomInputs(sizes, ordinary.a, ordinary.w));
  const run = async (ranges: [number, number][]) => {
    const state = createTensor(gpu, "state", [width * sizes.headSize], "f32");
    for (const [from, to] of ranges) {
      const parts = data.flatMap((values) => [...values.subarray(from * width, to * width)]);
      const inputs = uploadRows(gpu, "inputs", Float32Array.from(parts), width);
      const y = emptyRows(gpu, "y", to - from, width);
      const uniform = createUniform(gpu, "rows", [to - from, 0, 0, 0]);
      const options = { width, headSize: sizes.headSize, batchRows: to - from, variant };
      runDispatches(gpu, [wkv7(gpu, { inputs, state, y, rows: uniform }, options)]);
      for (const owner of [inputs, y, uniform]) owner.destroy();
    }
    const result = await readFloats(gpu, state);
    state.destroy();
    return result;
  };
  const parts: [number, number][] = [
    [0, first],
    [first, sizes.rows],
  ];
  expectClose(await run(parts), await run([[0, sizes.rows]]), 1e-6);
});
