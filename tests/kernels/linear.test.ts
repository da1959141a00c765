import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import { type LinearActivation, type LinearOptions, linearDecode, linearPrefill } from "../../src/kernels/linear.ts";
import {
  allVariants,
  arithmeticOf,
  availableVariants,
  type DecodeVariant,
  nameVariant,
  type PrefillVariant,
} from "../../src/kernels/linear-variants.ts";
import {
  createLinear,
  type LinearFormat,
  type LinearRows,
  uploadLinear,
  writeLinear,
} from "../../src/kernels/linear-weights.ts";
import { errorBounds } from "../../src/kernels/tune-linear.ts";
import { float32ToHalf, halfToFloat32 } from "../../src/model/half.ts";
import { dequantise, quantise } from "../../src/model/quantised.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { whatLacks } from "../missing-variants.ts";
import * as reference from "../reference/linear.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

type Case = {
  rows: number;
  inWidth: number;
  outWidth: number;
  format?: LinearFormat;
  /** Largest weight. */
  scale?: number;
  batch?: number;
  pieceRows?: number;
  activation?: LinearActivation;
  combine?: "store" | "add" | "add-gated";
  bias?: boolean;
};

type Kernel = { decode: DecodeVariant } | { prefill: PrefillVariant };

/** Random weights as they are stored, and the values that they stand for. */
function randomWeights(count: number, inWidth: number, format: LinearFormat, scale = 1) {
  const raw = randomFloats(count, 1, scale);
  if (format === "f32") return { rows: raw, values: raw };
  const bits = float32ToHalf(raw);
  if (format === "f16") return { rows: bits, values: halfToFloat32(bits) };
  const rows = quantise(raw, inWidth, format);
  return { rows, values: dequantise(rows, format) };
}

/**
 * Largest error of a kernel's outputs, over the largest of them. The arithmetic's bound is one of sums: an activation that ends at 1 leaves
 * their error as it is, whatever they are, and a square doubles it.
 */
function boundOf(kernel: Kernel, activation: LinearActivation, sums: Float64Array): number {
  const arithmetic = arithmeticOf("decode" in kernel ? kernel.decode : kernel.prefill);
  if (arithmetic === "f32") return 1e-5;
  const largest = sums.reduce((most, sum) => Math.max(most, Math.abs(sum)), 1);
  return (
    errorBounds[arithmetic] *
    { none: 1, "relu-squared": 2, tanh: largest, sigmoid: largest, decay: largest }[activation]
  );
}

/** Runs one product on the GPU and in the reference, and compares all of y, also what must stay as it was. */
async function check(kernel: Kernel, options: Case): Promise<void> {
  const { rows, inWidth, outWidth, format = "f16", batch = 1, activation = "none", combine = "store" } = options;
  const gpu = await testGpu();
  const buffersBefore = gpu.ledger.buffers;
  const batchRows = rows + (rows % 2); // a multiple of the rows in use, or one more
  const { rows: stored, values: weights } = randomWeights(batch * outWidth * inWidth, inWidth, format, options.scale);
  const input = randomFloats(batch * batchRows * inWidth, 2);
  const before = randomFloats(batch * batchRows * outWidth, 3);
  const [offset, factor] = [randomFloats(outWidth, 4), randomFloats(rows * outWidth, 5)];
  const shape = { batch, outWidth, inWidth };
  const rowBytes = (Math.ceil(inWidth / 4) * 4 * { f32: 32, f16: 16, int8: 8, int4: 4 }[format]) / 8;
  const w = uploadLinear(gpu, "w", stored, shape, options.pieceRows ? options.pieceRows * rowBytes : undefined);
  if (options.pieceRows) expect(w.pieces.length).toBe(Math.ceil(outWidth / options.pieceRows));
  const x = uploadRows(gpu, "x", input, inWidth);
  const y = uploadRows(gpu, "y", before, outWidth);
  const bias = uploadRows(gpu, "bias", offset, outWidth);
  const gate = uploadRows(gpu, "gate", factor, outWidth);
  const uniform = createUniform(gpu, "rows", [rows, 0, 0, 0]);
  const linearOptions: LinearOptions = {
    activation,
    combine,
    batchRows,
    ...(options.bias ? { bias } : {}),
    ...(combine === "add-gated" ? { gate } : {}),
  };

  const dispatches =
    "decode" in kernel
      ? linearDecode(gpu, { x, w, y }, { ...linearOptions, variant: kernel.decode })
      : linearPrefill(gpu, { x, w, y, rows: uniform }, { ...linearOptions, variant: kernel.prefill });
  runDispatches(gpu, dispatches, { rows });

  const output = await readRows(gpu, y, outWidth);
  for (let b = 0; b < batch; b++) {
    const part = (data: Float32Array, width: number, used: number) =>
      data.subarray(b * batchRows * width, (b * batchRows + used) * width);
    const factors = [
      part(input, inWidth, rows),
      weights.subarray(b * outWidth * inWidth, (b + 1) * outWidth * inWidth),
      inWidth,
    ] as const;
    const expected = reference.linear(...factors, {
      activation,
      combine,
      before: part(before, outWidth, rows),
      ...(options.bias ? { bias: offset } : {}),
      ...(combine === "add-gated" ? { gate: factor } : {}),
    });
    expectClose(part(output, outWidth, rows), expected, boundOf(kernel, activation, reference.linear(...factors)));
    const [after, rest] = [part(output, outWidth, batchRows), part(before, outWidth, batchRows)];
    expect(after.subarray(rows * outWidth)).toEqual(rest.subarray(rows * outWidth));
  }
  for (const owner of [w, x, y, bias, gate, uniform]) owner.destroy();
  expect(gpu.ledger.buffers).toBe(buffersBefore);
}

const widths: [number, number][] = [
  [1, 1],
  [5, 35],
  [35, 5],
  [67, 130],
  [130, 67],
  [192, 192],
  [260, 3],
];

/** Whole groups of 32, of an odd and an even number. */
const groupedWidths: [number, number][] = [
  [32, 1],
  [64, 5],
  [96, 67],
  [160, 33],
  [192, 130],
];

const extras: [LinearActivation, Case["combine"], boolean][] = [
  ["none", "add", false],
  ["none", "store", true],
  ["tanh", "store", false],
  ["relu-squared", "store", true],
  ["sigmoid", "add", false],
  ["decay", "store", true],
  ["none", "add-gated", false],
  ["sigmoid", "add-gated", false],
];

const available = availableVariants(await testGpu());
const can = (variant: DecodeVariant | PrefillVariant) =>
  [...available.decode, ...available.prefill].some((each) => nameVariant(each) === nameVariant(variant));

const kernels: [string, Kernel, number[], boolean][] = [
  ...allVariants.decode.map((decode): (typeof kernels)[number] => [
    `decode, ${nameVariant(decode)}`,
    { decode },
    [1],
    can(decode),
  ]),
  ...allVariants.prefill.map((prefill): (typeof kernels)[number] => [
    `prefill, ${prefill}`,
    { prefill },
    ["tiled", "direct", "subgroup"].includes(prefill) ? [1, 2, 7, 33, 64] : [1, 33, 93],
    can(prefill),
  ]),
];

it("runs every variant of an adapter with f16, subgroups and packed products", async () => {
  const gpu = await testGpu();
  const able = { ...gpu, subgroupSize: 4, halfArithmetic: true, packedDot: true };
  expect(availableVariants(able)).toEqual(allVariants);
  expect(availableVariants({ ...able, subgroupSize: null, halfArithmetic: false, packedDot: false })).toEqual({
    prefill: ["tiled", "direct", "blocked", "blocked-split"],
    decode: [1, 8, 32, 64].map((lanes) => ({ lanes, arithmetic: "f32" })),
  });
});

const missing = kernels.filter(([, , , possible]) => !possible);

it.each(missing)("%s: is not offered, as the adapter lacks what it takes", async (_, kernel) => {
  expect(whatLacks(await testGpu(), "decode" in kernel ? kernel.decode : kernel.prefill)).not.toBeNull();
});

const possible = kernels.filter((each) => !missing.includes(each));

describe.each(possible)("%s", { timeout: 300_000 }, (_, kernel, rowCounts) => {
  const arithmetic = arithmeticOf("decode" in kernel ? kernel.decode : kernel.prefill);
  /** Weights of one format that the variant multiplies in its own arithmetic. */
  const own = { f32: { inWidth: 35 }, half: { inWidth: 64 }, dot: { inWidth: 64, format: "int8" } } as const;

  it.each(rowCounts)("multiplies %i rows of every width", async (rows) => {
    for (const [inWidth, outWidth] of widths) {
      await check(kernel, { rows, inWidth, outWidth, format: "f16" });
      await check(kernel, { rows, inWidth, outWidth, format: "f32" });
    }
  });

  it.each(rowCounts)("multiplies %i rows with whole numbers of 8 and 4 bits", async (rows) => {
    for (const [inWidth, outWidth] of groupedWidths) {
      await check(kernel, { rows, inWidth, outWidth, format: "int8" });
      await check(kernel, { rows, inWidth, outWidth, format: "int4" });
    }
  });

  it("loses no weights whose scales are subnormal numbers of 16 bits", async () => {
    await check(kernel, { rows: 1, inWidth: 96, outWidth: 5, format: "int8", scale: 1e-4 });
    await check(kernel, { rows: 1, inWidth: 96, outWidth: 5, format: "int4", scale: 1e-4 });
  });

  const rows = rowCounts.at(-2) ?? 1;

  it.each(extras)("applies %s, %s, bias %s", async (activation, combine, bias) => {
    await check(kernel, { rows, ...own[arithmetic], outWidth: 67, activation, bias, combine: combine ?? "store" });
  });

  it("multiplies batches, each with its own weights", async () => {
    await check(kernel, { rows, inWidth: 35, outWidth: 37, batch: 4 });
    await check(kernel, { rows, inWidth: 64, outWidth: 130, batch: 2, format: "f32", activation: "tanh" });
    await check(kernel, { rows, inWidth: 96, outWidth: 37, batch: 4, format: "int8" });
    await check(kernel, { rows, inWidth: 96, outWidth: 37, batch: 3, format: "int4", activation: "tanh" });
  });

  it("joins pieces, with bias and gate at their columns", async () => {
    await check(kernel, { rows, inWidth: 35, outWidth: 67, pieceRows: 13, activation: "decay", bias: true });
    await check(kernel, { rows, inWidth: 20, outWidth: 130, pieceRows: 64, combine: "add-gated", format: "f32" });
    await check(kernel, { rows, inWidth: 5, outWidth: 3, pieceRows: 1 });
    await check(kernel, {
      rows,
      inWidth: 96,
      outWidth: 67,
      pieceRows: 13,
      format: "int8",
      activation: "decay",
      bias: true,
    });
    await check(kernel, { rows, inWidth: 96, outWidth: 67, pieceRows: 13, format: "int4", combine: "add-gated" });
  });
});

describe("weights written some rows at a time", () => {
  it.each(["f32", "f16", "int8", "int4"] as const)("give the product of the whole, in %s", async (format) => {
    const gpu = await testGpu();
    const [inWidth, outWidth, batch] = [96, 21, 3];
    const { rows, values } = randomWeights(batch * outWidth * inWidth, inWidth, format);
    const part = (first: number, end: number): LinearRows =>
      "data" in rows
        ? {
            data: rows.data.subarray((first * rows.data.length) / 63, (end * rows.data.length) / 63),
            scale: rows.scale.subarray(first * 3, end * 3),
          }
        : rows.subarray(first * inWidth, end * inWidth);
    const x = uploadRows(gpu, "x", randomFloats(batch * inWidth, 2), inWidth);
    const y = emptyRows(gpu, "y", batch, outWidth);
    const w = createLinear(gpu, "w", format, { batch, outWidth, inWidth });
    const cuts = [0, 1, 8, 13, 21];
    for (let b = 0; b < batch; b++) {
      for (const [i, end] of cuts.slice(1).entries()) {
        const first = cuts[i] as number;
        writeLinear(gpu, w, part(b * outWidth + first, b * outWidth + end), b, first);
      }
    }
    runDispatches(gpu, linearDecode(gpu, { x, w, y }, { batchRows: 1 }));
    const input = randomFloats(batch * inWidth, 2);
    const expected = Array.from({ length: batch }, (_, b) =>
      reference.linear(
        input.subarray(b * inWidth, (b + 1) * inWidth),
        values.subarray(b * outWidth * inWidth, (b + 1) * outWidth * inWidth),
        inWidth,
      ),
    );
    expectClose(
      await readRows(gpu, y, outWidth),
      expected.flatMap((values) => [...values]),
      1e-5,
    );
    for (const owner of [w, x, y]) owner.destroy();
  });

  it("are zero where nothing was written, and may lie in several pieces", async () => {
    const gpu = await testGpu();
    const w = createLinear(gpu, "w", "int4", { outWidth: 7, inWidth: 32 }, 32); // two rows a piece
    writeLinear(gpu, w, quantise(new Float32Array(3 * 32).fill(1), 32, "int4"), 0, 1);
    const x = uploadRows(gpu, "x", new Float32Array(32).fill(1), 32);
    const y = emptyRows(gpu, "y", 1, 7);
    runDispatches(gpu, linearDecode(gpu, { x, w, y }));
    expectClose(await readRows(gpu, y, 7), [0, 32, 32, 32, 0, 0, 0], 1e-3);
    for (const owner of [w, x, y]) owner.destroy();
  });
});

describe("extreme sums", () => {
  it.each([1, 1e3, 1e30])("of size %d stay finite through every activation", async (scale) => {
    const gpu = await testGpu();
    const w = uploadLinear(gpu, "w", Float32Array.of(scale, -scale), { outWidth: 2, inWidth: 1 });
    const x = uploadRows(gpu, "x", Float32Array.of(1), 1);
    const y = emptyRows(gpu, "y", 1, 2);
    for (const activation of ["tanh", "sigmoid", "decay"] as const) {
      runDispatches(gpu, linearDecode(gpu, { x, w, y }, { activation }));
      const expected = reference.linear(Float32Array.of(1), Float32Array.of(scale, -scale), 1, { activation });
      expectClose(await readRows(gpu, y, 2), expected, 1e-5);
    }
    for (const owner of [w, x, y]) owner.destroy();
  });
});

it("refuses weights that do not fit, and options that contradict each other", async () => {
  const gpu = await testGpu();
  const shape = { outWidth: 4, inWidth: 8 };
  expect(() => uploadLinear(gpu, "w", new Float32Array(31), shape)).toThrow("31 weights");
  expect(() => uploadLinear(gpu, "w", new Float32Array(32), shape, 31)).toThrow("too few");
  const w = uploadLinear(gpu, "w", new Float32Array(32), { batch: 2, outWidth: 2, inWidth: 8 });
  const x = emptyRows(gpu, "x", 2, 8);
  expect(() => linearDecode(gpu, { x, w, y: x })).toThrow("batchRows");
  expect(() => linearDecode(gpu, { x, w, y: x }, { batchRows: 1, combine: "add-gated" })).toThrow("gate");
  expect(() => writeLinear(gpu, w, new Float32Array(16), 2)).toThrow("exceed");
  expect(() => writeLinear(gpu, w, new Float32Array(16), 0, 1)).toThrow("exceed");
  expect(() => writeLinear(gpu, w, new Float32Array(9))).toThrow("exceed");
  expect(() => writeLinear(gpu, w, new Uint16Array(16))).toThrow("f16 for f32");
  expect(() => createLinear(gpu, "w", "int8", { outWidth: 2, inWidth: 40 })).toThrow("rows of 40");
  for (const owner of [w, x]) owner.destroy();
});
