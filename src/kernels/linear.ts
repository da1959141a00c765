import subgroupsCode from "../../shaders/lib/enable-subgroups.wgsl?raw";
import ioCode from "../../shaders/lib/linear-io.wgsl?raw";
import weightsCode from "../../shaders/lib/linear-weights.wgsl?raw";
import decodeCode from "../../shaders/linear-decode.wgsl?raw";
import quantisedCode from "../../shaders/linear-decode-quantised.wgsl?raw";
import prefillCode from "../../shaders/linear-prefill.wgsl?raw";
import directCode from "../../shaders/linear-prefill-direct.wgsl?raw";
import subgroupCode from "../../shaders/linear-prefill-subgroup.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { type LinearPiece, type LinearWeights, linearFormats } from "./linear-weights.ts";
import { rowStride } from "./row-stride.ts";

const libraries = ioCode + weightsCode;

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

const decodeVariants = {
  plain: { name: "linear-decode", code: libraries + decodeCode },
  quantised: { name: "linear-decode-quantised", code: libraries + quantisedCode },
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
  const { threads, lanes } = decodeThreads(gpu, options.lanes);
  const { name, code } = linearFormats[io.w.format].bits < 16 ? decodeVariants.quantised : decodeVariants.plain;
  const constants = { FORMAT: linearFormats[io.w.format].number, THREADS: threads, LANES: lanes };
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
  tiled: { name: "linear-prefill", code: libraries + prefillCode, tile: [64, 32] },
  direct: { name: "linear-prefill-direct", code: libraries + directCode, tile: [16, 16] },
  subgroup: { name: "linear-prefill-subgroup", code: subgroupsCode + libraries + subgroupCode, tile: [16, 16] },
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
  const pipeline = compileKernel(gpu, { name, code, constants: { FORMAT: linearFormats[io.w.format].number } });
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
  const { combine = "store", bias, gate } = options;
  assert((combine === "add-gated") === (gate !== undefined), `${w.label}: a gate belongs to add-gated`);
  assert(!(bias && gate), `${w.label}: bias and gate exclude each other`);
  // an unused `extra` or `scales` still needs a buffer
  const extra = bias ?? gate ?? io.x;
  return [io.x, piece.tensor, extra, io.y, linearSizes(w, piece, options), piece.scales ?? piece.tensor];
}

/** The uniform of a product with a piece of weights: `Linear` of linear-weights.wgsl. */
export function linearSizes(w: LinearWeights, piece: LinearPiece, options: LinearOptions): GPUBuffer {
  const { activation = "none", combine = "store", batchRows = 0, bias } = options;
  assert(w.batch === 1 || batchRows > 0, `${w.label}: batches need batchRows`);
  return w.uniform([
    rowStride(w.inWidth) / 4,
    piece.rows,
    piece.firstRow,
    rowStride(w.outWidth),
    (batchRows * rowStride(w.inWidth)) / 4,
    batchRows * rowStride(w.outWidth),
    activationNumber[activation],
    { store: 0, add: 1, "add-gated": 2 }[combine],
    bias ? 1 : 0,
    w.batch,
  ]);
}

/** How many threads make the sums of one row, and share an output. */
export function decodeThreads(gpu: Gpu, lanes = gpu.adapter.software ? 1 : 32): { threads: number; lanes: number } {
  return { threads: lanes === 1 ? 16 : 64, lanes }; // without barriers small workgroups spread best over a CPU's cores
}
