import { describe, expect, it } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { runDispatches } from "../../src/gpu/record.ts";
import type { Tensor } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { wkv7Inputs } from "../../src/kernels/wkv7-inputs.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { linear } from "../reference/linear.ts";
import * as reference from "../reference/wkv7-inputs.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

type Case = {
  readonly rows: number;
  readonly width: number;
  readonly headSize: number;
  /** Ranks of v's mix, a and w. */
  readonly ranks: readonly [number, number, number];
};

const cases: Case[] = [
  { rows: 1, width: 1, headSize: 1, ranks: [1, 1, 1] },
  { rows: 1, width: 192, headSize: 64, ranks: [5, 8, 7] },
  { rows: 2, width: 35, headSize: 5, ranks: [4, 2, 3] },
  { rows: 7, width: 20, headSize: 20, ranks: [3, 6, 1] },
  { rows: 33, width: 67, headSize: 67, ranks: [9, 9, 5] },
  { rows: 4, width: 256, headSize: 128, ranks: [2, 3, 20] },
];

/** [parts, batchRows, width] from parts of rows. */
function stack(gpu: Gpu, label: string, parts: readonly Float32Array[], width: number, batchRows: number): Tensor {
  const spare = (part: Float32Array) => new Float32Array(batchRows * width - part.length);
  return uploadRows(gpu, label, Float32Array.from(parts.flatMap((part) => [...part, ...spare(part)])), width);
}

/** Rows [T, rank] as rows [T, width]. */
function widen(values: Float32Array, rank: number, width: number): Float32Array {
  const wide = new Float32Array((values.length / rank) * width);
  for (let row = 0; row * rank < values.length; row++)
    wide.set(values.subarray(row * rank, (row + 1) * rank), row * width);
  return wide;
}

/** x [T, D] times up [D, C]. */
function raise(x: Float32Array, up: Float32Array, rank: number): Float32Array {
  const width = up.length / rank;
  const turned = Float32Array.from(up, (_, i) => up[(i % rank) * width + Math.floor(i / rank)] as number);
  return Float32Array.from(linear(x, turned, rank));
}

async function check(sizes: Case, first: boolean, lanes: number, keys = 1): Promise<void> {
  const gpu = await testGpu();
  const { rows, width, headSize, ranks } = sizes;
  const batchRows = rows + 2;
  const many = (seed: number, scale = 1) => randomFloats(rows * width, seed, scale);
  const [r, k, v, vBefore] = [many(1), many(2, keys), many(3), many(4)];
  const [dv, da, dw] = ranks.map((rank, i) => randomFloats(rows * rank, 10 + i)) as Rows;
  const [v2, a2, w2] = ranks.map((rank, i) => randomFloats(rank * width, 20 + i)) as Rows;
  const [w0, a0, k_k, k_a, v0] = [30, 31, 32, 33, 34].map((seed) => randomFloats(width, seed, 2)) as Vectors;

  const rankWidth = first ? ranks[1] : Math.max(ranks[0], ranks[1]);
  const low = [...(first ? [] : [widen(dv, ranks[0], rankWidth)]), widen(da, ranks[1], rankWidth)];
  const inputs = stack(gpu, "inputs", [r, k, v, ...Array(3).fill(new Float32Array())], width, batchRows);
  const io = {
    inputs,
    ranks: stack(gpu, "ranks", low, rankWidth, batchRows),
    decayRanks: uploadRows(gpu, "decay-ranks", dw, ranks[2]),
    up: uploadRows(gpu, "up", Float32Array.from([...(first ? [] : v2), ...a2, ...w2]), width),
    params: uploadRows(
      gpu,
      "params",
      Float32Array.from([w0, a0, k_k, k_a, ...(first ? [] : [v0])].flatMap((part) => [...part])),
      width,
    ),
    vFirst: first ? emptyRows(gpu, "v-first", rows, width) : uploadRows(gpu, "v-first", vBefore, width),
    rows: createUniform(gpu, "rows", [rows, 0, 0, 0]),
  };
  const shape = { value: first ? 0 : ranks[0], rate: ranks[1], decay: ranks[2], width: rankWidth };
  runDispatches(gpu, [wkv7Inputs(gpu, io, { width, headSize, ranks: shape, batchRows, lanes })], { rows });

  const products = {
    r,
    k,
    v,
    decay: raise(dw, w2, ranks[2]),
    rate: raise(da, a2, ranks[1]),
    valueMix: raise(dv, v2, ranks[0]),
  };
  const expected = reference.wkv7Inputs(products, { w0, a0, v0, k_k, k_a }, first ? null : vBefore, headSize);
  const output = await readRows(gpu, inputs, width);
  const { r: _, ...made } = expected;
  expect(output.subarray(0, rows * width)).toEqual(r);
  for (const [i, values] of Object.values(made).entries()) {
    const part = output.subarray((i + 1) * batchRows * width, (i + 2) * batchRows * width);
    expectClose(part.subarray(0, rows * width), values, 1e-5);
    expect(part.subarray(rows * width).every((value) => value === 0)).toBe(true);
  }
  expectClose(await readRows(gpu, io.vFirst, width), first ? v : vBefore, 0);
  for (const owner of Object.values(io)) owner.destroy();
}

type Rows = [Float32Array, Float32Array, Float32Array];
type Vectors = [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];

describe.each([1, 4, 64])("the inputs of RWKV-7's recurrence with %i lanes", (lanes) => {
  it.each(cases)("of $rows rows of $width in heads of $headSize", async (sizes) => {
    await check(sizes, false, lanes);
  });

  it.each(cases)("in the first layer: of $rows rows of $width in heads of $headSize", async (sizes) => {
    await check(sizes, true, lanes);
  });
});

it("divides keys of zeros by nothing", async () => {
  await check(cases[2] as Case, false, 4, 0);
});
