import { rowStride } from "../src/kernels/row-stride.ts";

/** Dense rows [T, C] as the GPU wants them: rows `rowStride(C)` apart, zeros between. */
export function padRows(dense: Float32Array, width: number): Float32Array {
  const stride = rowStride(width);
  const rows = dense.length / width;
  const padded = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) padded.set(dense.subarray(row * width, (row + 1) * width), row * stride);
  return padded;
}

/** The opposite of `padRows`. */
export function denseRows(padded: Float32Array, width: number): Float32Array {
  const stride = rowStride(width);
  const rows = padded.length / stride;
  const dense = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) dense.set(padded.subarray(row * stride, row * stride + width), row * width);
  return dense;
}
