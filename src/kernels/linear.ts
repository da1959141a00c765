import ioCode from "../../shaders/lib/linear-io.wgsl?raw";
import decodeCode from "../../shaders/linear-decode.wgsl?raw";
import prefillCode from "../../shaders/linear-prefill.wgsl?raw";
import directCode from "../../shaders/linear-prefill-direct.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

/** Weights of one or several (`batch`) linear layers of one shape, split by rows into pieces that fit a binding. */
export type LinearWeights = {
  readonly label: string;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
  readonly half: boolean;
  readonly pieces: readonly { readonly tensor: Tensor; readonly firstRow: number; readonly rows: number }[];
  destroy(): void;
};

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
  const pieces: { tensor: Tensor; firstRow: number; rows: number }[] = [];
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
  return {
    label,
    batch,
    inWidth,
    outWidth,
    half,
    pieces,
    destroy: () => {
      for (const { tensor } of pieces) tensor.destroy();
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
 */
export function linearDecode(gpu: Gpu, io: LinearIo, options: LinearOptions = {}): Dispatch[] {
  const lanes = gpu.adapter.software ? 1 : 16;
  return io.w.pieces.map((piece) => {
    const pipeline = compileKernel(gpu, {
      name: "linear-decode",
      code: ioCode + decodeCode,
      constants: { ...constantsOf(io.w, piece, options), LANES: lanes },
    });
    return createDispatch(gpu, `${io.w.label}.decode`, pipeline, bindingsOf(io, piece.tensor, options), [
      Math.ceil((piece.rows * lanes) / 64),
      1,
      io.w.batch,
    ]);
  });
}

/**
 * Y = act(X · Wᵀ + bias) for T rows of X [B, T, K] into Y [B, T, N].
 *
 * @param io.rows uniform with T in its first word
 */
export function linearPrefill(
  gpu: Gpu,
  io: LinearIo & { readonly rows: GPUBuffer },
  options: LinearOptions = {},
): Dispatch[] {
  const direct = gpu.adapter.software;
  const [tileN, tileT] = direct ? ([32, 32] as const) : ([64, 32] as const);
  return io.w.pieces.map((piece) => {
    const source = direct
      ? { name: "linear-prefill-direct", code: ioCode + directCode }
      : { name: "linear-prefill", code: ioCode + prefillCode };
    const pipeline = compileKernel(gpu, { ...source, constants: constantsOf(io.w, piece, options) });
    return createDispatch(
      gpu,
      `${io.w.label}.prefill`,
      pipeline,
      [...bindingsOf(io, piece.tensor, options), io.rows],
      (rows) => [Math.ceil(piece.rows / tileN), Math.ceil(rows / tileT), io.w.batch],
    );
  });
}

function constantsOf(
  w: LinearWeights,
  piece: LinearWeights["pieces"][number],
  options: LinearOptions,
): Record<string, number> {
  const { activation = "none", combine = "store", batchRows = 0 } = options;
  assert(w.batch === 1 || batchRows > 0, `${w.label}: batches need batchRows`);
  assert((combine === "add-gated") === (options.gate !== undefined), `${w.label}: a gate belongs to add-gated`);
  assert(!(options.bias && options.gate), `${w.label}: bias and gate exclude each other`);
  return {
    IN: w.inWidth,
    OUT: piece.rows,
    OUT_OFFSET: piece.firstRow,
    OUT_STRIDE: rowStride(w.outWidth),
    HALF: w.half ? 1 : 0,
    BATCH_X: batchRows * rowStride(w.inWidth),
    BATCH_Y: batchRows * rowStride(w.outWidth),
    ACTIVATION: activationNumber[activation],
    COMBINE: { store: 0, add: 1, "add-gated": 2 }[combine],
    BIAS: options.bias ? 1 : 0,
  };
}

function bindingsOf(io: LinearIo, w: Tensor, options: LinearOptions) {
  return [io.x, w, options.bias ?? options.gate ?? io.x, io.y]; // an unused `extra` still needs a buffer
}
