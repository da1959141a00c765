import { describe, expect, it } from "vitest";
import { runDispatches } from "../../src/gpu/record.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import {
  type LinearActivation,
  type LinearOptions,
  linearDecode,
  linearPrefill,
  uploadLinear,
} from "../../src/kernels/linear.ts";
import { float32ToHalf, halfToFloat32 } from "../../src/model/half.ts";
import { expectClose, randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/linear.ts";
import { emptyRows, readRows, uploadRows } from "./gpu-rows.ts";

type Case = {
  rows: number;
  inWidth: number;
  outWidth: number;
  dtype?: "f16" | "f32";
  batch?: number;
  pieceRows?: number;
  activation?: LinearActivation;
  combine?: "store" | "add" | "add-gated";
  bias?: boolean;
};

type Kernel = { lanes: number } | { variant: "tiled" | "direct" };

/** Runs one product on the GPU and in the reference, and compares all of y, also what must stay as it was. */
async function check(kernel: Kernel, options: Case): Promise<void> {
  const { rows, inWidth, outWidth, dtype = "f16", batch = 1, activation = "none", combine = "store" } = options;
  const gpu = await testGpu();
  const buffersBefore = gpu.ledger.buffers;
  const batchRows = rows + (rows % 2); // a multiple of the rows in use, or one more
  const bits = float32ToHalf(randomFloats(batch * outWidth * inWidth, 1));
  const weights = halfToFloat32(bits);
  const input = randomFloats(batch * batchRows * inWidth, 2);
  const before = randomFloats(batch * batchRows * outWidth, 3);
  const [offset, factor] = [randomFloats(outWidth, 4), randomFloats(rows * outWidth, 5)];
  const shape = { batch, outWidth, inWidth };
  const rowBytes = Math.ceil(inWidth / 4) * 4 * (dtype === "f16" ? 2 : 4);
  const w = uploadLinear(
    gpu,
    "w",
    dtype === "f16" ? bits : weights,
    shape,
    options.pieceRows ? options.pieceRows * rowBytes : undefined,
  );
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
    "lanes" in kernel
      ? linearDecode(gpu, { x, w, y }, { ...linearOptions, ...kernel })
      : linearPrefill(gpu, { x, w, y, rows: uniform }, { ...linearOptions, ...kernel });
  runDispatches(gpu, dispatches, { rows });

  const output = await readRows(gpu, y, outWidth);
  for (let b = 0; b < batch; b++) {
    const part = (data: Float32Array, width: number, used: number) =>
      data.subarray(b * batchRows * width, (b * batchRows + used) * width);
    const expected = reference.linear(
      part(input, inWidth, rows),
      weights.subarray(b * outWidth * inWidth, (b + 1) * outWidth * inWidth),
      inWidth,
      {
        activation,
        combine,
        before: part(before, outWidth, rows),
        ...(options.bias ? { bias: offset } : {}),
        ...(combine === "add-gated" ? { gate: factor } : {}),
      },
    );
    expectClose(part(output, outWidth, rows), expected, 1e-5);
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

describe.each<[string, Kernel, number[]]>([
  ["decode, 1 lane", { lanes: 1 }, [1]],
  ["decode, 4 lanes", { lanes: 4 }, [1]],
  ["decode, 64 lanes", { lanes: 64 }, [1]],
  ["prefill, direct", { variant: "direct" }, [1, 2, 7, 33, 64]],
  ["prefill, tiled", { variant: "tiled" }, [1, 2, 7, 33, 64]],
])("%s", (_, kernel, rowCounts) => {
  it.each(rowCounts)("multiplies %i rows of every width", async (rows) => {
    for (const [inWidth, outWidth] of widths) {
      await check(kernel, { rows, inWidth, outWidth, dtype: "f16" });
      await check(kernel, { rows, inWidth, outWidth, dtype: "f32" });
    }
  });

  const rows = rowCounts.at(-2) ?? 1;

  it.each(extras)("applies %s, %s, bias %s", async (activation, combine, bias) => {
    await check(kernel, { rows, inWidth: 35, outWidth: 67, activation, bias, combine: combine ?? "store" });
  });

  it("multiplies batches, each with its own weights", async () => {
    await check(kernel, { rows, inWidth: 35, outWidth: 37, batch: 4 });
    await check(kernel, { rows, inWidth: 64, outWidth: 130, batch: 2, dtype: "f32", activation: "tanh" });
  });

  it("joins pieces, with bias and gate at their columns", async () => {
    await check(kernel, { rows, inWidth: 35, outWidth: 67, pieceRows: 13, activation: "decay", bias: true });
    await check(kernel, { rows, inWidth: 20, outWidth: 130, pieceRows: 64, combine: "add-gated", dtype: "f32" });
    await check(kernel, { rows, inWidth: 5, outWidth: 3, pieceRows: 1 });
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
  for (const owner of [w, x]) owner.destroy();
});
