import { expect } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { createTensor, readFloats, type Tensor } from "../../src/gpu/tensor.ts";
import { rowStride } from "../../src/kernels/row-stride.ts";
import { denseRows, padRows } from "../rows.ts";

/** Dense rows [rows, width] on the GPU as the kernels want them. */
export function uploadRows(gpu: Gpu, label: string, dense: Float32Array, width: number): Tensor {
  return createTensor(gpu, label, [dense.length / width, rowStride(width)], "f32", padRows(dense, width));
}

/** Room for rows on the GPU. */
export function emptyRows(gpu: Gpu, label: string, rows: number, width: number): Tensor {
  return createTensor(gpu, label, [rows, rowStride(width)], "f32");
}

/** Dense rows read back; the gaps between them must hold zeros. */
export async function readRows(gpu: Gpu, tensor: Tensor, width: number): Promise<Float32Array> {
  const padded = await readFloats(gpu, tensor);
  const dense = denseRows(padded, width);
  expect(padRows(dense, width)).toEqual(padded);
  return dense;
}
