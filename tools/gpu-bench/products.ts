import type { Gpu } from "../../src/gpu/device.ts";
import type { Dispatch } from "../../src/gpu/dispatch.ts";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readFloats, type Tensor } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { linearDecode, linearPrefill } from "../../src/kernels/linear.ts";
import {
  arithmeticOf,
  availableVariants,
  type DecodeVariant,
  nameVariant,
  type PrefillVariant,
} from "../../src/kernels/linear-variants.ts";
import {
  type LinearFormat,
  type LinearRows,
  type LinearWeights,
  uploadLinear,
} from "../../src/kernels/linear-weights.ts";
import { rowStride } from "../../src/kernels/row-stride.ts";
import { errorBounds } from "../../src/kernels/tune-linear.ts";
import { float32ToHalf, halfToFloat32 } from "../../src/model/half.ts";
import { dequantise } from "../../src/model/quantised.ts";
import { randomFloats } from "../page/bench/measure.ts";
import { gpuTimes } from "./clock.ts";
import type { Size } from "./sizes.ts";

/** A matrix product of a model, `batch` of them in one dispatch. */
type Product = { readonly name: string; readonly batch: number; readonly outWidth: number; readonly inWidth: number };

/** What a variant did with a product. */
export type ProductRow = {
  readonly size: string;
  readonly product: string;
  readonly shape: string;
  readonly format: LinearFormat;
  readonly rows: number;
  readonly variant: string;
  /** One product; null where times were not wanted. */
  readonly ms: number | null;
  /** Bytes of weights and scales that are read, for one row; multiplications and additions for many. */
  readonly rate: number;
  readonly unit: "GB/s" | "GFLOP/s";
  /** Largest error of some outputs against f64, over the largest of them. */
  readonly error: number;
  /** Largest that is right. */
  readonly bound: number;
};

/** `only`: part of a variant's name. `timing`: not values alone. */
type ProductOptions = { readonly only: string; readonly timing: boolean };

/** Most copies of the weights that products of many rows go through, where reading them is not what takes the time. */
const mostCopies = 3;

/** Outputs that are compared. */
const checked = { rows: 8, columns: 48 };

function productsOf({ config }: Size): Product[] {
  const { hiddenSize: width, intermediateSize: inner, vocabSize } = config;
  return [
    { name: "kvrg", batch: 4, outWidth: width, inWidth: width },
    { name: "ffn-key", batch: 1, outWidth: inner, inWidth: width },
    { name: "ffn-value", batch: 1, outWidth: width, inWidth: inner },
    { name: "head", batch: 1, outWidth: vocabSize, inWidth: width },
  ];
}

/** Every variant of every product of a model, in all formats, for one row and for many, into `rows`. */
export async function benchProducts(
  gpu: Gpu,
  size: Size,
  { only, timing }: ProductOptions,
  rows: ProductRow[],
  tell: (text: string) => void,
): Promise<void> {
  for (const product of productsOf(size)) {
    for (const format of ["f16", "int8", "int4"] as const) {
      tell(`${size.name} ${product.name} ${format}`);
      const counts = product.name === "head" ? [1] : [1, ...size.rows];
      rows.push(...(await benchProduct(gpu, size, product, format, counts, { only, timing })));
    }
  }
}

async function benchProduct(
  gpu: Gpu,
  size: Size,
  product: Product,
  format: LinearFormat,
  counts: readonly number[],
  { only, timing }: ProductOptions,
): Promise<ProductRow[]> {
  const { batch, outWidth, inWidth } = product;
  const { stored, values } = randomWeights(product, format);
  const most = Math.max(...counts);
  const weights: LinearWeights[] = [];
  const bytesOf = (w: LinearWeights) =>
    w.pieces.reduce((sum, { tensor, scales }) => sum + tensor.byteLength + (scales?.byteLength ?? 0), 0);
  do weights.push(uploadLinear(gpu, "bench.w", stored, { batch, outWidth, inWidth }));
  while (weights.length * bytesOf(weights[0] as LinearWeights) < size.weightBytes);
  const input = randomFloats(batch * most * inWidth, 3, 1);
  const x = createTensor(gpu, "bench.x", [batch, most, inWidth], "f32", input);
  const y = createTensor(gpu, "bench.y", [batch, most, rowStride(outWidth)], "f32");
  const results: ProductRow[] = [];
  for (const count of counts) {
    const uniform = createUniform(gpu, "bench.rows", [count, 0, 0, 0]);
    const expected = reference(product, input, values, most, count);
    const available = availableVariants(gpu);
    const variants = (count === 1 ? available.decode : available.prefill).filter((variant) =>
      nameVariant(variant).includes(only),
    );
    const built = variants.map((variant) => ({
      variant,
      dispatches: weights
        .slice(0, count === 1 ? weights.length : mostCopies)
        .map((w) => build(gpu, { x, w, y, rows: uniform }, variant, most)),
    }));
    const errors = new Map<unknown, number>();
    for (const { variant, dispatches } of built)
      errors.set(variant, await errorOf(gpu, dispatches[0] ?? [], y, expected, count));
    const lists = built.map(({ dispatches }) => dispatches.flat());
    const times = timing ? await gpuTimes(gpu, lists, count) : [];
    for (const [i, { variant }] of built.entries()) {
      const ms = (times[i] ?? Number.NaN) / (built[i]?.dispatches.length ?? 1);
      const work = count === 1 ? bytesOf(weights[0] as LinearWeights) : 2 * batch * count * outWidth * inWidth;
      results.push({
        size: size.name,
        product: product.name,
        shape: `${batch > 1 ? `${batch}×` : ""}${inWidth}×${outWidth}`,
        format,
        rows: count,
        variant: nameVariant(variant),
        ms: Number.isFinite(ms) ? ms : null,
        rate: work / ms / 1e6,
        unit: count === 1 ? "GB/s" : "GFLOP/s",
        error: errors.get(variant) ?? Number.NaN,
        bound: errorBounds[arithmeticOf(variant)],
      });
    }
    uniform.destroy();
  }
  for (const owner of [...weights, x, y]) owner.destroy();
  return results;
}

function build(
  gpu: Gpu,
  io: { x: Tensor; w: LinearWeights; y: Tensor; rows: GPUBuffer },
  variant: PrefillVariant | DecodeVariant,
  batchRows: number,
): Dispatch[] {
  if (typeof variant === "string") return linearPrefill(gpu, io, { variant, batchRows });
  return linearDecode(gpu, { x: io.x, w: io.w, y: io.y }, { variant, batchRows });
}

/** Random weights as they are stored, and the value of each. */
function randomWeights({ batch, outWidth, inWidth }: Product, format: LinearFormat) {
  const count = batch * outWidth * inWidth;
  if (format === "f16") {
    const table = float32ToHalf(randomFloats(262_139, 1, 1 / Math.sqrt(inWidth)));
    const stored = repeat(table, new Uint16Array(count));
    return {
      stored: stored as LinearRows,
      values: (row: number) => halfToFloat32(stored.slice(row * inWidth, (row + 1) * inWidth)),
    };
  }
  const perByte = format === "int8" ? 1 : 2;
  const bytes = Uint8Array.from(randomFloats(262_139, 1, 128), (value) => value & 255);
  const data = repeat(bytes, new Uint8Array(count / perByte));
  const largest = format === "int8" ? 127 : 7;
  const scales = randomFloats(65_521, 2, 0.4).map((value) => (value + 0.6) / (largest * Math.sqrt(inWidth)));
  const scale = repeat(float32ToHalf(scales), new Uint16Array(count / 32));
  const rowOf = <T extends Uint8Array | Uint16Array>(all: T, width: number, row: number) =>
    all.slice(row * width, (row + 1) * width) as T;
  return {
    stored: { data, scale } as LinearRows,
    values: (row: number) =>
      dequantise(
        { data: rowOf(data, inWidth / perByte, row), scale: rowOf(scale, inWidth / 32, row) },
        format as "int8" | "int4",
      ),
  };
}

function repeat<T extends Uint8Array | Uint16Array>(table: T, whole: T): T {
  for (let at = 0; at < whole.length; at += table.length) whole.set(table.subarray(0, whole.length - at), at);
  return whole;
}

type Expected = { readonly batch: number; readonly t: number; readonly n: number; readonly value: number }[];

/** Some of the outputs, in f64. */
function reference(
  { batch, outWidth, inWidth }: Product,
  input: Float32Array,
  values: (row: number) => Float32Array,
  batchRows: number,
  count: number,
): Expected {
  const some = (length: number, most: number) =>
    Array.from({ length: Math.min(length, most) }, (_, i) =>
      Math.floor(((i + 0.999) * length) / Math.min(length, most)),
    );
  const expected: Expected = [];
  for (const b of new Set([0, batch - 1])) {
    for (const n of some(outWidth, checked.columns)) {
      const weights = values(b * outWidth + n);
      for (const t of some(count, checked.rows)) {
        const at = (b * batchRows + t) * inWidth;
        let value = 0;
        for (let k = 0; k < inWidth; k++) value += (input[at + k] as number) * (weights[k] as number);
        expected.push({ batch: b, t, n, value });
      }
    }
  }
  return expected;
}

async function errorOf(
  gpu: Gpu,
  dispatches: readonly Dispatch[],
  y: Tensor,
  expected: Expected,
  count: number,
): Promise<number> {
  const encoder = gpu.device.createCommandEncoder();
  encoder.clearBuffer(y.buffer);
  gpu.device.queue.submit([encoder.finish()]);
  runDispatches(gpu, dispatches, { rows: count });
  const output = await readFloats(gpu, y);
  const [, batchRows = 0, stride = 0] = y.shape;
  let [error, largest] = [0, 0];
  for (const { batch, t, n, value } of expected) {
    const found = output[(batch * batchRows + t) * stride + n] as number;
    error = Math.max(error, Math.abs(found - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return error / largest;
}
