import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import type { LinearActivation } from "../../src/kernels/linear.ts";
import { linearPair, shouldPair } from "../../src/kernels/linear-pair.ts";
import type { DecodeVariant } from "../../src/kernels/linear-variants.ts";
import { type LinearFormat, uploadLinear } from "../../src/kernels/linear-weights.ts";
import { errorBounds } from "../../src/kernels/tune-linear.ts";
import { float32ToHalf, halfToFloat32 } from "../../src/model/half.ts";
import { dequantise, quantise } from "../../src/model/quantised.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { whatLacks } from "../missing-variants.ts";
import * as reference from "../reference/linear-pair.ts";
import { readRows, uploadRows } from "./gpu-rows.ts";

type Shape = {
  inWidth: number;
  outWidth: number;
  format: LinearFormat;
  batch?: number;
  activation?: LinearActivation;
};

function weights(count: number, { inWidth, format }: Shape, seed: number) {
  const raw = randomFloats(count, seed);
  if (format === "f32") return { rows: raw, values: raw };
  const bits = float32ToHalf(raw);
  if (format === "f16") return { rows: bits, values: halfToFloat32(bits) };
  const rows = quantise(raw, inWidth, format);
  return { rows, values: dequantise(rows, format) };
}

/** A product as it lies on the GPU, and as the reference takes it; after each batch of y a row that must stay as it was. */
async function prepare(shape: Shape, seed: number) {
  const gpu = await testGpu();
  const { inWidth, outWidth, batch = 1, activation = "none" } = shape;
  const { rows, values } = weights(batch * outWidth * inWidth, shape, seed);
  const x = randomFloats(batch * 2 * inWidth, seed + 1);
  const used = (data: Float32Array, width: number) =>
    Float32Array.from({ length: batch * width }, (_, i) => data[Math.floor(i / width) * 2 * width + (i % width)] ?? 0);
  const spare = (data: Float32Array) => data.filter((_, i) => Math.floor(i / outWidth) % 2 === 1);
  const before = randomFloats(batch * 2 * outWidth, seed + 2);
  const w = uploadLinear(gpu, "w", rows, { batch, outWidth, inWidth });
  const product = {
    x: uploadRows(gpu, "x", x, inWidth),
    w,
    y: uploadRows(gpu, "y", before, outWidth),
    activation,
    batchRows: 2,
  };
  return {
    product,
    reference: { x: used(x, inWidth), w: values, batch, inWidth, activation },
    async check(expected: Float64Array, bound: number) {
      const output = await readRows(gpu, product.y, outWidth);
      expectClose(used(output, outWidth), expected, bound);
      expect(spare(output)).toEqual(spare(before));
    },
    destroy() {
      for (const owner of [product.x, product.y, w]) owner.destroy();
    },
  };
}

const pairs: [string, Shape, Shape][] = [
  [
    "RWKV-6's four inputs and the decay's ranks",
    { inWidth: 96, outWidth: 96, format: "f16", batch: 4 },
    { inWidth: 96, outWidth: 20, format: "f16", activation: "tanh" },
  ],
  [
    "whole numbers of 4 bits and f16",
    { inWidth: 160, outWidth: 67, format: "int4", batch: 3 },
    { inWidth: 160, outWidth: 5, format: "f16", activation: "sigmoid" },
  ],
  [
    "f32 and whole numbers of 8 bits, of different widths",
    { inWidth: 35, outWidth: 3, format: "f32", activation: "relu-squared" },
    { inWidth: 64, outWidth: 130, format: "int8", batch: 2 },
  ],
  ["the smallest", { inWidth: 1, outWidth: 1, format: "f32" }, { inWidth: 5, outWidth: 9, format: "f16" }],
];

const gpu = await testGpu();
const some = pairs.slice(0, 1);

const variants: [string, DecodeVariant, typeof pairs, boolean][] = [
  ["one thread", { lanes: 1, arithmetic: "f32" }, some, true],
  ["4 threads", { lanes: 4, arithmetic: "f32" }, pairs, true],
  ["64 threads", { lanes: 64, arithmetic: "f32" }, some, true],
  ["a subgroup", { lanes: "subgroup", arithmetic: "f32" }, pairs, gpu.subgroupSize !== null],
  ["8 threads in f16", { lanes: 8, arithmetic: "half" }, pairs, gpu.halfArithmetic],
  ["8 threads in whole numbers", { lanes: 8, arithmetic: "dot" }, pairs, gpu.packedDot],
];
const missing = variants.filter(([, , , possible]) => !possible);

it.each(missing)("by %s an output: is not offered, as the adapter lacks what it takes", (_, variant) => {
  expect(whatLacks(gpu, variant)).not.toBeNull();
});

const possible = variants.filter((each) => !missing.includes(each));

describe.each(possible)("two products in one dispatch, by %s an output", (_, variant, list) => {
  it.each(list)("makes both: %s", async (_, a, b) => {
    const [first, second] = [await prepare(a, 1), await prepare(b, 11)];

    runDispatches(gpu, [linearPair(gpu, first.product, second.product, { variant })]);

    const expected = reference.linearPair(first.reference, second.reference);
    const bound = variant.arithmetic === "f32" ? 1e-5 : errorBounds[variant.arithmetic];
    await first.check(expected[0], bound);
    await second.check(expected[1], bound);
    first.destroy();
    second.destroy();
  });
});

it("pairs on graphics cards alone, and weights that lie in one piece", async () => {
  const gpu = await testGpu();
  const card = { ...gpu, adapter: { ...gpu.adapter, software: false } };
  const { product, destroy } = await prepare({ inWidth: 8, outWidth: 4, format: "f32" }, 1);
  const split = uploadLinear(gpu, "split", randomFloats(32, 5), { outWidth: 4, inWidth: 8 }, 64);
  expect(shouldPair(card, product, product)).toBe(true);
  expect(shouldPair(card, product, { ...product, w: split })).toBe(false);
  expect(shouldPair({ ...card, adapter: { ...card.adapter, software: true } }, product, product)).toBe(false);
  expect(() => linearPair(gpu, product, { ...product, w: split })).toThrow("one piece");
  split.destroy();
  destroy();
});
