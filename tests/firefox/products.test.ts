import { afterAll, describe, expect, it } from "vitest";
import { openGpu } from "../../src/gpu/device.ts";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { linearDecode, linearPrefill } from "../../src/kernels/linear.ts";
import {
  allVariants,
  arithmeticOf,
  availableVariants,
  type DecodeVariant,
  nameVariant,
  type PrefillVariant,
} from "../../src/kernels/linear-variants.ts";
import { uploadLinear } from "../../src/kernels/linear-weights.ts";
import { errorBounds } from "../../src/kernels/tune-linear.ts";
import { float32ToHalf, halfToFloat32 } from "../../src/model/half.ts";
import { dequantise, quantise } from "../../src/model/quantised.ts";
import { expectClose, randomFloats } from "../close.ts";
import { whatLacks } from "../missing-variants.ts";
import * as reference from "../reference/linear.ts";

// Another translation of the shaders than Chromium's and Node's: naga's.
const gpu = await openGpu();
const available = availableVariants(gpu);
afterAll(() => gpu.destroy());

const [inWidth, outWidth] = [96, 68];
const input = randomFloats(33 * inWidth, 1);
const raw = randomFloats(outWidth * inWidth, 2);
const bits = float32ToHalf(raw);
const weights = [
  { rows: bits, values: halfToFloat32(bits) },
  ...(["int8", "int4"] as const).map((format) => {
    const rows = quantise(raw, inWidth, format);
    return { rows, values: dequantise(rows, format) };
  }),
];

async function expectRight(rows: number, variant: PrefillVariant | DecodeVariant): Promise<void> {
  for (const { rows: stored, values } of weights) {
    const w = uploadLinear(gpu, "w", stored, { outWidth, inWidth });
    const x = createTensor(gpu, "x", [rows, inWidth], "f32", input.subarray(0, rows * inWidth));
    const y = createTensor(gpu, "y", [rows, outWidth], "f32");
    const count = createUniform(gpu, "rows", [rows, 0, 0, 0]);
    const dispatches =
      typeof variant === "string"
        ? linearPrefill(gpu, { x, w, y, rows: count }, { variant })
        : linearDecode(gpu, { x, w, y }, { variant });
    runDispatches(gpu, dispatches, { rows });
    const expected = reference.linear(input.subarray(0, rows * inWidth), values, inWidth);
    const arithmetic = arithmeticOf(variant);
    expectClose(await readFloats(gpu, y), expected, arithmetic === "f32" ? 1e-5 : errorBounds[arithmetic]);
    for (const owner of [w, x, y, count]) owner.destroy();
  }
}

const has = (list: readonly (PrefillVariant | DecodeVariant)[], variant: PrefillVariant | DecodeVariant) =>
  list.some((each) => nameVariant(each) === nameVariant(variant));

const nameOf = (variant: PrefillVariant | DecodeVariant) =>
  `${nameVariant(variant)}, ${typeof variant === "string" ? "many rows" : "one row"}`;
const all = [...allVariants.decode, ...allVariants.prefill];
const offered = all.filter((variant) => has([...available.decode, ...available.prefill], variant));
const missing = all.filter((variant) => !offered.includes(variant));

describe("the products of Firefox's own translation", { timeout: 300_000 }, () => {
  for (const variant of offered)
    it(`are right: ${nameOf(variant)}`, () => expectRight(typeof variant === "string" ? 33 : 1, variant));

  for (const variant of missing)
    it(`are not offered where the adapter lacks what they take: ${nameOf(variant)}`, () => {
      expect(whatLacks(gpu, variant)).not.toBeNull();
    });
});

it("no kernel was refused", async () => {
  const failure = await Promise.race([gpu.failed, Promise.resolve(null)]);
  expect(failure).toBeNull();
});
