import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { wkv7Inputs } from "../../src/kernels/wkv7-inputs.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/wkv7-inputs.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

type Case = readonly [rows: number, width: number, headSize: number];

const cases: Case[] = [
  [1, 1, 1],
  [1, 192, 64],
  [2, 35, 5],
  [7, 20, 20],
  [33, 67, 67],
  [3, 256, 128],
];

async function check([rows, width, headSize]: Case, first: boolean, lanes: number, keyScale = 1): Promise<void> {
  const gpu = await testGpu();
  const batchRows = rows + 2;
  const many = (seed: number, scale = 1) => randomFloats(rows * width, seed, scale);
  const products = {
    ...{ r: many(1), k: many(2, keyScale), v: many(3) },
    ...{ valueMix: many(4, 3), rate: many(5, 3), decay: many(6, 3) },
  };
  const one = (seed: number) => randomFloats(width, seed, 2);
  const params = { w0: one(11), a0: one(12), k_k: one(13), k_a: one(14), v0: one(15) };
  const before = many(7);

  const upload = (label: string, parts: readonly Float32Array[], partRows: number) => {
    const padded = parts.flatMap((part) => [...part, ...new Float32Array(partRows * width - part.length)]);
    return uploadRows(gpu, label, Float32Array.from(padded), width);
  };
  const room = Array(3).fill(new Float32Array());
  const io = {
    inputs: upload("inputs", [products.r, products.k, products.v, ...room], batchRows),
    raised: upload("raised", [products.valueMix, products.rate, products.decay], batchRows),
    params: upload("params", Object.values(params).slice(0, first ? 4 : 5), 1),
    vFirst: first ? emptyRows(gpu, "v-first", rows, width) : uploadRows(gpu, "v-first", before, width),
  };
  runDispatches(gpu, [wkv7Inputs(gpu, io, { width, headSize, batchRows, first, lanes })], { rows });

  const { r, ...made } = reference.wkv7Inputs(products, params, first ? null : before, headSize);
  const output = await readRows(gpu, io.inputs, width);
  for (const [i, values] of [r, made.k, made.v, made.w, made.kappa, made.beta].entries()) {
    const part = output.subarray(i * batchRows * width, (i + 1) * batchRows * width);
    expectClose(part.subarray(0, rows * width), values, 1e-5);
    expect(part.subarray(rows * width).every((value) => value === 0)).toBe(true);
  }
  expect(await readRows(gpu, io.vFirst, width)).toEqual(first ? products.v : before);
  for (const owner of Object.values(io)) owner.destroy();
}

describe.each([1, 4, 64])("the inputs of RWKV-7's recurrence with %i lanes", (lanes) => {
  it.each(cases)("of %i rows of %i in heads of %i", async (...sizes) => {
    await check(sizes, false, lanes);
  });

  it.each(cases)("in the first layer, of %i rows of %i in heads of %i", async (...sizes) => {
    await check(sizes, true, lanes);
  });
});

it("makes zeros of keys that are zero", async () => {
  await check([2, 35, 5], false, 4, 0);
});
