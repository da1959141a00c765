import type { Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { layerNorm } from "../kernels/layer-norm.ts";
import { linearDecode, linearPrefill } from "../kernels/linear.ts";
import { type LayerIo, layerNormEps } from "./layers.ts";
import type { RnnWeights } from "./weights.ts";

/**
 * RWKV from `scratch.embedded` [T, C] through all layers, reading and leaving `state`, as dispatches to be recorded for any
 * T ≤ maxRows. The residual stream of all rows is left in `scratch.x`; the shift rows must then be copied from
 * `scratch.carry` into `state.shift`.
 */
export function buildForward(weights: RnnWeights, io: LayerIo): Dispatch[] {
  const { gpu, config, scratch, rows } = io;
  const norm = { x: scratch.embedded, ...weights.ln0, y: scratch.x, rows };
  return [layerNorm(gpu, norm, { width: config.hiddenSize, eps: layerNormEps }), ...weights.layers.build(io)];
}

type HeadIo = Pick<LayerIo, "gpu" | "config" | "scratch" | "rows">;

/** The logits [V] of the last row in `scratch.x`. */
export function buildHead(weights: RnnWeights, io: HeadIo, logits: Tensor): Dispatch[] {
  const product = linearDecode(io.gpu, { x: io.scratch.normed, w: weights.head, y: logits });
  return [headNorm(weights, io, true), ...product];
}

/** The logits [T, V] of all rows in `scratch.x`, for any T that `logits` has room for. */
export function buildHeads(weights: RnnWeights, io: HeadIo, logits: Tensor): Dispatch[] {
  const product = linearPrefill(io.gpu, { x: io.scratch.normed, w: weights.head, y: logits, rows: io.rows });
  return [headNorm(weights, io, false), ...product];
}

function headNorm(weights: RnnWeights, { gpu, config, scratch, rows }: HeadIo, lastOnly: boolean): Dispatch {
  const norm = { x: scratch.x, ...weights.lnOut, y: scratch.normed, rows };
  return layerNorm(gpu, norm, { width: config.hiddenSize, eps: layerNormEps, lastOnly });
}
