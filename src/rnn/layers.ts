import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { type LinearIo, type LinearOptions, linearDecode, linearPrefill } from "../kernels/linear.ts";
import { linearPair, type PairedProduct, shouldPair } from "../kernels/linear-pair.ts";
import type { LinearWeights } from "../kernels/linear-weights.ts";
import { normShift } from "../kernels/norm-shift.ts";
import { rowStride } from "../kernels/row-stride.ts";
import type { TextConfig } from "../model/config.ts";
import type { Norm } from "./loader.ts";
import type { Scratch } from "./scratch.ts";
import { type RnnState, rowBinding } from "./state.ts";

/** Of all layer norms, and of the norm of each head's output; the same in all versions of RWKV. */
export const layerNormEps = 1e-5;
export const groupNormEps = 64e-5;

/** The layers of one version of RWKV with their weights, and with the working memory that only they need. */
export type RnnLayers = {
  /** Weights of the shapes that take the most time, of one layer: the second, as the first may be stored in more bits. */
  readonly largest: readonly LinearWeights[];
  /**
   * The layers, from and to the residual stream `io.scratch.x`, as dispatches for any T ≤ maxRows; they read and leave
   * `io.state`, but for the shift rows, which they leave in `io.scratch.carry`.
   */
  build(io: LayerIo): Dispatch[];
  destroy(): void;
};

/** What the dispatches of one stream share. */
export type LayerIo = {
  readonly gpu: Gpu;
  readonly config: TextConfig;
  readonly scratch: Scratch;
  readonly state: RnnState;
  /** Uniform with T in its first word. */
  readonly rows: GPUBuffer;
  /** The matrix product for one row, or for many. */
  readonly mode: "decode" | "prefill";
};

/** A matrix product for as many rows as the stream's mode says. */
export function buildLinear(io: LayerIo, product: LinearIo, options: LinearOptions = {}): Dispatch[] {
  if (io.mode === "decode") return linearDecode(io.gpu, product, options);
  return linearPrefill(io.gpu, { ...product, rows: io.rows }, options);
}

/** Two products that do not wait for each other; for one row in one dispatch. */
export function buildPair(io: LayerIo, first: PairedProduct, second: PairedProduct): Dispatch[] {
  if (io.mode === "decode" && shouldPair(io.gpu, first, second)) return [linearPair(io.gpu, first, second)];
  return [first, second].flatMap(({ x, w, y, ...options }) => buildLinear(io, { x, w, y }, options));
}

/**
 * Norm and token shift in front of a layer's time mix (`part` 0) or channel mix (1): the rows between each x̂ and the one before
 * it, by `mixes` rows of `mix`, into `shifted` [mixes, maxRows, C].
 */
export function buildShift(
  io: LayerIo,
  layer: number,
  part: 0 | 1,
  weights: { readonly norm: Norm; readonly mix: Tensor; readonly mixes: number },
  shifted: Tensor,
): Dispatch {
  const { gpu, config, scratch, state, rows } = io;
  const width = config.hiddenSize;
  const row = layer * 2 + part;
  return normShift(
    gpu,
    {
      x: scratch.x,
      ...weights.norm,
      shift: rowBinding(state.shift, row, width),
      mix: weights.mix,
      normed: scratch.normed,
      shifted,
      carry: rowBinding(scratch.carry, row, width),
      rows,
    },
    { width, eps: layerNormEps, mixes: weights.mixes, batchRows: scratch.maxRows },
  );
}

/** The part of a batch [batch, maxRows, width] from batch `index` on. */
export function batchFrom(io: LayerIo, batch: Tensor, index: number, width: number): GPUBufferBinding {
  return { buffer: batch.buffer, offset: index * io.scratch.maxRows * rowStride(width) * 4 };
}
