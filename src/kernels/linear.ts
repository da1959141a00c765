import ioCode from "../../shaders/lib/linear-io.wgsl?raw";
import decodeCode from "../../shaders/linear-decode.wgsl?raw";
import prefillCode from "../../shaders/linear-prefill.wgsl?raw";
import directCode from "../../shaders/linear-prefill-direct.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import { rowStride } from "./row-stride.ts";

/** Weights of one or several (`batch`) linear layers of one shape, split by rows into pieces that fit a binding. */
export type LinearWeights = {
  readonly label: string;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
  readonly half: boolean;
  readonly pieces: readonly LinearPiece[];
  /** A uniform with these words, made once and kept as long as the weights. */
  uniform(words: readonly number[]): GPUBuffer;
  destroy(): void;
};

/** Rows of weights in one buffer: [B, rows, rowStride(K)]. */
type LinearPiece = { readonly tensor: Tensor; readonly firstRow: number; readonly rows: number };

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
  /** [B, T, N] */
  readonly y: Tensor;
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
 * Uploads row-major weights [B, N, K] as packed f16 (`Uint16Array` of bits) or f32, rows padded with zeros to `rowStride(K)`.
 *
 * @param maxBytes largest piece; a batch is never split
 */
export function uploadLinear(
  gpu: Gpu,
  label: string,
  data: Float32Array | Uint16Array,
  shape: { readonly batch?: number; readonly outWidth: number; readonly inWidth: number },
  maxBytes = gpu.maxBindingBytes,
): LinearWeights {
  const { batch = 1, outWidth, inWidth } = shape;
  assert(
    data.length === batch * outWidth * inWidth,
    `${label}: ${data.length} weights for ${batch}×${outWidth}×${inWidth}`,
  );
  const half = data instanceof Uint16Array;
  const stride = rowStride(inWidth);
  const rowBytes = stride * (half ? 2 : 4);
  const rowsThatFit = Math.floor(maxBytes / rowBytes);
  assert(rowsThatFit >= (batch > 1 ? batch * outWidth : 1), `${label}: ${maxBytes} bytes are too few for a piece`);
  const pieceRows = batch > 1 ? outWidth : Math.min(outWidth, rowsThatFit);
  const pieces: LinearPiece[] = [];
  for (let firstRow = 0; firstRow < outWidth; firstRow += pieceRows) {
    const rows = Math.min(pieceRows, outWidth - firstRow);
    const part = data.subarray(firstRow * inWidth, firstRow * inWidth + rows * batch * inWidth);
    const tensor = createTensor(
      gpu,
      `${label}[${firstRow}]`,
      [batch, rows, stride],
      half ? "f16" : "f32",
      padRows(part, inWidth, stride),
    );
    pieces.push({ tensor, firstRow, rows });
  }
  const uniforms = new Map<string, GPUBuffer>();
  return {
    label,
    batch,
    inWidth,
    outWidth,
    half,
    pieces,
    uniform(words) {
      const key = words.join();
      const uniform = uniforms.get(key) ?? createUniform(gpu, `${label}.sizes`, words);
      uniforms.set(key, uniform);
      return uniform;
    },
    destroy() {
      for (const { tensor } of pieces) tensor.destroy();
      for (const uniform of uniforms.values()) uniform.destroy();
    },
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
  const constants = { HALF: io.w.half ? 1 : 0, THREADS: threads, LANES: lanes };
  const pipeline = compileKernel(gpu, { name: "linear-decode", code: ioCode + decodeCode, constants });
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.decode`, pipeline, bindingsOf(io, piece, options), [
      Math.ceil((piece.rows * lanes) / (4 * threads)),
      1,
      io.w.batch,
    ]),
  );
}

/** The ways to multiply many rows: through workgroup memory, or without, which software adapters do faster. */
const prefillVariants = {
  tiled: { name: "linear-prefill", code: ioCode + prefillCode, tile: [64, 32] },
  direct: { name: "linear-prefill-direct", code: ioCode + directCode, tile: [16, 16] },
} as const;

/**
 * Y = act(X · Wᵀ + bias) for T rows of X [B, T, K] into Y [B, T, N].
 *
 * @param io.rows uniform with T in its first word
 * @param options.variant the kernel; what suits the adapter unless given
 */
export function linearPrefill(
  gpu: Gpu,
  io: LinearIo & { readonly rows: GPUBuffer },
  options: LinearOptions & { readonly variant?: keyof typeof prefillVariants } = {},
): Dispatch[] {
  const { name, code, tile } = prefillVariants[options.variant ?? (gpu.adapter.software ? "direct" : "tiled")];
  const pipeline = compileKernel(gpu, { name, code, constants: { HALF: io.w.half ? 1 : 0 } });
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.prefill`, pipeline, [...bindingsOf(io, piece, options), io.rows], (rows) => [
      Math.ceil(piece.rows / tile[0]),
      Math.ceil(rows / tile[1]),
      io.w.batch,
    ]),
  );
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
  return [io.x, piece.tensor, bias ?? gate ?? io.x, io.y, sizes]; // an unused `extra` still needs a buffer
}
