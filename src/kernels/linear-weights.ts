import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import { rowStride } from "./row-stride.ts";

/**
 * How weights are stored: f16 by pairs, int8 and int4 as whole numbers with a scale in f16 for each 32 along K (int4 as q + 8 by
 * pairs, the first in a byte's low half).
 */
export type LinearFormat = "f32" | "f16" | "int8" | "int4";

export const linearFormats: Record<LinearFormat, { readonly number: number; readonly bits: number }> = {
  f32: { number: 0, bits: 32 },
  f16: { number: 1, bits: 16 },
  int8: { number: 2, bits: 8 },
  int4: { number: 3, bits: 4 },
};

/** Weights along K that share a scale. */
const groupSize = 32;

/** Weights of one or several (`batch`) linear layers of one shape, split by rows into pieces that fit a binding. */
export type LinearWeights = {
  readonly label: string;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
  readonly format: LinearFormat;
  readonly pieces: readonly LinearPiece[];
  /** A uniform with these words, made once and kept as long as the weights. */
  uniform(words: readonly number[]): GPUBuffer;
  destroy(): void;
};

/** Rows of weights in one buffer: [B, rows, rowStride(K)]; null scales where the format has none. */
export type LinearPiece = {
  readonly tensor: Tensor;
  /** [B, rows, K / 32], K / 32 rounded up to 2 */
  readonly scales: Tensor | null;
  readonly firstRow: number;
  readonly rows: number;
};

type LinearShape = { readonly batch?: number; readonly outWidth: number; readonly inWidth: number };

/** Dense rows of weights on the host: f32, bits of f16, or int8 or int4 with the bits of their scales. */
export type LinearRows = Float32Array | Uint16Array | { readonly data: Uint8Array; readonly scale: Uint16Array };

/**
 * Makes room for weights [B, N, K], all of them zero; `writeLinear` fills it. Rows are padded with zeros to `rowStride(K)`.
 *
 * @param maxBytes largest piece; a batch is never split
 */
export function createLinear(
  gpu: Gpu,
  label: string,
  format: LinearFormat,
  shape: LinearShape,
  maxBytes = gpu.maxBindingBytes,
): LinearWeights {
  const { batch = 1, outWidth, inWidth } = shape;
  const { bits } = linearFormats[format];
  assert(bits > 8 || inWidth % groupSize === 0, `${label}: ${format} in rows of ${inWidth}`);
  const rowWords = (rowStride(inWidth) * bits) / 32;
  const rowsThatFit = Math.floor(maxBytes / (rowWords * 4));
  assert(rowsThatFit >= (batch > 1 ? batch * outWidth : 1), `${label}: ${maxBytes} bytes are too few for a piece`);
  const pieceRows = batch > 1 ? outWidth : Math.min(outWidth, rowsThatFit);
  const pieces: LinearPiece[] = [];
  for (let firstRow = 0; firstRow < outWidth; firstRow += pieceRows) {
    const rows = Math.min(pieceRows, outWidth - firstRow);
    const name = `${label}[${firstRow}]`;
    const tensor =
      bits < 16
        ? createTensor(gpu, name, [batch, rows, rowWords], "u32")
        : createTensor(gpu, name, [batch, rows, rowStride(inWidth)], bits === 16 ? "f16" : "f32");
    const scales = bits < 16 ? createTensor(gpu, `${name}.scale`, [batch, rows, scaleStride(inWidth)], "f16") : null;
    pieces.push({ tensor, scales, firstRow, rows });
  }
  const uniforms = new Map<string, GPUBuffer>();
  return {
    label,
    batch,
    inWidth,
    outWidth,
    format,
    pieces,
    uniform(words) {
      const key = words.join();
      const uniform = uniforms.get(key) ?? createUniform(gpu, `${label}.sizes`, words);
      uniforms.set(key, uniform);
      return uniform;
    },
    destroy() {
      for (const { tensor, scales } of pieces) {
        tensor.destroy();
        scales?.destroy();
      }
      for (const uniform of uniforms.values()) uniform.destroy();
    },
  };
}

/** Distance in f16 of two rows of scales: even, so that a row begins with a word. */
function scaleStride(inWidth: number): number {
  return 2 * Math.ceil(inWidth / (2 * groupSize));
}

/** Writes whole rows of weights of one batch, in the weights' own format, from row `firstRow` on. */
export function writeLinear(gpu: Gpu, w: LinearWeights, rows: LinearRows, batch = 0, firstRow = 0): void {
  assert(formatOf(rows, w.format) === w.format, `${w.label}: ${formatOf(rows, w.format)} for ${w.format}`);
  const end = firstRow + elementsOf(rows, w.format) / w.inWidth;
  assert(
    Number.isInteger(end) && end <= w.outWidth && batch < w.batch,
    `${w.label}: rows ${firstRow} to ${end} of batch ${batch} exceed ${w.batch}×${w.outWidth}`,
  );
  for (const piece of w.pieces) {
    const [first, last] = [Math.max(firstRow, piece.firstRow), Math.min(end, piece.firstRow + piece.rows)];
    if (first >= last) continue;
    const part = someRows(rows, w, first - firstRow, last - firstRow);
    const row = batch * piece.rows + first - piece.firstRow;
    const write = (tensor: Tensor, data: Float32Array | Uint16Array | Uint8Array) =>
      writeTensor(gpu, tensor, data, (row * tensor.byteLength) / (w.batch * piece.rows));
    if (part instanceof Float32Array || part instanceof Uint16Array) write(piece.tensor, padRows(part, w.inWidth));
    else {
      write(piece.tensor, part.data);
      if (piece.scales) write(piece.scales, padRows(part.scale, w.inWidth / groupSize, scaleStride(w.inWidth)));
    }
  }
}

/** Uploads all of the weights [B, N, K] in the format that they have. */
export function uploadLinear(
  gpu: Gpu,
  label: string,
  rows: LinearRows,
  shape: LinearShape,
  maxBytes = gpu.maxBindingBytes,
): LinearWeights {
  const { batch = 1, outWidth, inWidth } = shape;
  const format = formatOf(rows, "data" in rows && rows.data.length < batch * outWidth * inWidth ? "int4" : "int8");
  const count = elementsOf(rows, format);
  assert(count === batch * outWidth * inWidth, `${label}: ${count} weights for ${batch}×${outWidth}×${inWidth}`);
  const w = createLinear(gpu, label, format, shape, maxBytes);
  for (let i = 0; i < batch; i++) writeLinear(gpu, w, someRows(rows, w, i * outWidth, (i + 1) * outWidth), i);
  return w;
}

/** The format of rows; whole numbers alone do not tell theirs. */
function formatOf(rows: LinearRows, quantised: LinearFormat): LinearFormat {
  if (rows instanceof Float32Array) return "f32";
  return rows instanceof Uint16Array ? "f16" : quantised;
}

function elementsOf(rows: LinearRows, format: LinearFormat): number {
  return "data" in rows ? (rows.data.length * 8) / linearFormats[format].bits : rows.length;
}

function someRows(rows: LinearRows, { inWidth, format }: LinearWeights, first: number, end: number): LinearRows {
  if (!("data" in rows)) return rows.subarray(first * inWidth, end * inWidth);
  const rowBytes = (inWidth * linearFormats[format].bits) / 8;
  return {
    data: rows.data.subarray(first * rowBytes, end * rowBytes),
    scale: rows.scale.subarray((first * inWidth) / groupSize, (end * inWidth) / groupSize),
  };
}

/** Dense rows as rows `stride` apart with zeros between; the array itself when nothing is to be done. */
export function padRows<T extends Float32Array | Uint16Array>(dense: T, width: number, stride = rowStride(width)): T {
  if (width === stride) return dense;
  const rows = dense.length / width;
  const padded = (dense instanceof Uint16Array ? new Uint16Array(rows * stride) : new Float32Array(rows * stride)) as T;
  for (let row = 0; row < rows; row++) padded.set(dense.subarray(row * width, (row + 1) * width), row * stride);
  return padded;
}
