import subgroupsCode from "../../shaders/lib/enable-subgroups.wgsl?raw";
import ioCode from "../../shaders/lib/linear-io.wgsl?raw";
import decodeCode from "../../shaders/linear-decode.wgsl?raw";
import quantisedCode from "../../shaders/linear-decode-quantised.wgsl?raw";
import prefillCode from "../../shaders/linear-prefill.wgsl?raw";
import directCode from "../../shaders/linear-prefill-direct.wgsl?raw";
import subgroupCode from "../../shaders/linear-prefill-subgroup.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import { createTensor, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import { rowStride } from "./row-stride.ts";

/**
 * How weights are stored: f16 by pairs, int8 and int4 as whole numbers with a scale in f16 for each 32 along K (int4 as q + 8 by
 * pairs, the first in a byte's low half).
 */
export type LinearFormat = "f32" | "f16" | "int8" | "int4";

const formats: Record<LinearFormat, { readonly number: number; readonly bits: number }> = {
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
type LinearPiece = {
  readonly tensor: Tensor;
  /** [B, rows, K / 32], K / 32 rounded up to 2 */
  readonly scales: Tensor | null;
  readonly firstRow: number;
  readonly rows: number;
};

type LinearShape = { readonly batch?: number; readonly outWidth: number; readonly inWidth: number };

/** Dense rows of weights on the host: f32, bits of f16, or int8 or int4 with the bits of their scales. */
export type LinearRows = Float32Array | Uint16Array | { readonly data: Uint8Array; readonly scale: Uint16Array };

/** What happens to x·wᵀ (+ bias): `decay` is exp(−exp(s)). */
export type LinearActivation = "none" | "tanh" | "relu-squared" | "sigmoid" | "decay";

const activationNumber: Record<LinearActivation, number> = {
  none: 0,
  tanh: 1,
  "relu-squared": 2,
  sigmoid: 3,
  decay: 4,
};

export type LinearIo = {
  /** [B, T, K], or a part of a buffer with these elements */
  readonly x: Tensor | GPUBufferBinding;
  readonly w: LinearWeights;
  /** [B, T, N], likewise */
  readonly y: Tensor | GPUBufferBinding;
};

export type LinearOptions = {
  readonly activation?: LinearActivation;
  /** Added to the product before the activation, [N]. */
  readonly bias?: Tensor;
  /** `store` replaces y, `add` adds to it, `add-gated` adds `gate` ⊙ the result. */
  readonly combine?: "store" | "add" | "add-gated";
  /** Factor of `add-gated`, [T, N]. */
  readonly gate?: Tensor;
  /** Rows that each batch of x and of y has room for; needed for batches. */
  readonly batchRows?: number;
};

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
  const { bits } = formats[format];
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
  return "data" in rows ? (rows.data.length * 8) / formats[format].bits : rows.length;
}

function someRows(rows: LinearRows, { inWidth, format }: LinearWeights, first: number, end: number): LinearRows {
  if (!("data" in rows)) return rows.subarray(first * inWidth, end * inWidth);
  const rowBytes = (inWidth * formats[format].bits) / 8;
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

const decodeVariants = {
  plain: { name: "linear-decode", code: ioCode + decodeCode },
  quantised: { name: "linear-decode-quantised", code: ioCode + quantisedCode },
} as const;

/**
 * y = act(x · wᵀ + bias) for one row of x [B, K] into y [B, N].
 *
 * @param options.lanes threads that share an output, a power of two up to 64; what suits the adapter unless given
 */
export function linearDecode(
  gpu: Gpu,
  io: LinearIo,
  options: LinearOptions & { readonly lanes?: number } = {},
): Dispatch[] {
  const lanes = options.lanes ?? (gpu.adapter.software ? 1 : 32);
  const threads = lanes === 1 ? 16 : 64; // without barriers small workgroups spread best over a CPU's cores
  const { name, code } = formats[io.w.format].bits < 16 ? decodeVariants.quantised : decodeVariants.plain;
  const constants = { FORMAT: formats[io.w.format].number, THREADS: threads, LANES: lanes };
  const pipeline = compileKernel(gpu, { name, code, constants });
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.decode`, pipeline, bindingsOf(io, piece, options), [
      Math.ceil((piece.rows * lanes) / (4 * threads)),
      1,
      io.w.batch,
    ]),
  );
}

/** The ways to multiply many rows: through workgroup memory, or without, which software adapters do faster, most so by subgroups of 4. */
const prefillVariants = {
  tiled: { name: "linear-prefill", code: ioCode + prefillCode, tile: [64, 32] },
  direct: { name: "linear-prefill-direct", code: ioCode + directCode, tile: [16, 16] },
  subgroup: { name: "linear-prefill-subgroup", code: subgroupsCode + ioCode + subgroupCode, tile: [16, 16] },
} as const;

/**
 * Y = act(X · Wᵀ + bias) for T rows of X [B, T, K] into Y [B, T, N].
 *
 * @param io.rows uniform with T in its first word
 * @param options.variant the kernel; what suits the adapter unless given. `subgroup` needs subgroups of exactly 4
 */
export function linearPrefill(
  gpu: Gpu,
  io: LinearIo & { readonly rows: GPUBuffer },
  options: LinearOptions & { readonly variant?: keyof typeof prefillVariants } = {},
): Dispatch[] {
  const { name, code, tile } = prefillVariants[options.variant ?? suitedVariant(gpu)];
  const pipeline = compileKernel(gpu, { name, code, constants: { FORMAT: formats[io.w.format].number } });
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.prefill`, pipeline, [...bindingsOf(io, piece, options), io.rows], (rows) => [
      Math.ceil(piece.rows / tile[0]),
      Math.ceil(rows / tile[1]),
      io.w.batch,
    ]),
  );
}

function suitedVariant({ adapter, subgroupSize }: Gpu): keyof typeof prefillVariants {
  if (!adapter.software) return "tiled";
  return subgroupSize === 4 ? "subgroup" : "direct";
}

function bindingsOf(io: LinearIo, piece: LinearPiece, options: LinearOptions) {
  const { w } = io;
  const { activation = "none", combine = "store", batchRows = 0, bias, gate } = options;
  assert(w.batch === 1 || batchRows > 0, `${w.label}: batches need batchRows`);
  assert((combine === "add-gated") === (gate !== undefined), `${w.label}: a gate belongs to add-gated`);
  assert(!(bias && gate), `${w.label}: bias and gate exclude each other`);
  const sizes = w.uniform([
    rowStride(w.inWidth) / 4,
    piece.rows,
    piece.firstRow,
    rowStride(w.outWidth),
    (batchRows * rowStride(w.inWidth)) / 4,
    batchRows * rowStride(w.outWidth),
    activationNumber[activation],
    { store: 0, add: 1, "add-gated": 2 }[combine],
    bias ? 1 : 0,
  ]);
  // an unused `extra` or `scales` still needs a buffer
  return [io.x, piece.tensor, bias ?? gate ?? io.x, io.y, sizes, piece.scales ?? piece.tensor];
}
