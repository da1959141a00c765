import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { groupNormGate } from "../kernels/group-norm-gate.ts";
import { layerNorm } from "../kernels/layer-norm.ts";
import { type LinearIo, type LinearOptions, linearDecode, linearPrefill } from "../kernels/linear.ts";
import { normShift } from "../kernels/norm-shift.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { tokenMix } from "../kernels/token-mix.ts";
import { wkv6 } from "../kernels/wkv6.ts";
import type { TextConfig } from "../model/config.ts";
import { alignedStride, type RnnState, rowBinding } from "./state.ts";
import type { LayerWeights, RnnWeights } from "./weights.ts";

const layerNormEps = 1e-5;
const groupNormEps = 64e-5;

/** Where activations live while a chunk of at most `maxRows` tokens passes through the layers. Shared by all streams. */
export type Scratch = {
  readonly maxRows: number;
  /** [T, C]: embeddings before ln0 */
  readonly embedded: Tensor;
  /** [T, C]: residual stream */
  readonly x: Tensor;
  /** [T, C]: a norm's output */
  readonly normed: Tensor;
  /** [T, C]: z of the time mix; [2, T, C] of the channel mix */
  readonly shifted: Tensor;
  /** [T, 5·D] */
  readonly mixRanks: Tensor;
  /** [5, T, C] in the order w, k, v, r, g */
  readonly mixed: Tensor;
  /** [T, D] */
  readonly decayRanks: Tensor;
  /** [T, C] */
  readonly decay: Tensor;
  /** [4, T, C] */
  readonly kvrg: Tensor;
  /** [T, C] */
  readonly y: Tensor;
  /** [T, C]: σ of the receptance */
  readonly gate: Tensor;
  /** [T, I] */
  readonly hidden: Tensor;
  /** [L · 2, C]: the shift rows that the chunk leaves, copied into the state after it */
  readonly carry: Tensor;
  destroy(): void;
};

/** Allocates the activations of a chunk of at most `maxRows` tokens. */
export function createScratch(gpu: Gpu, config: TextConfig, weights: RnnWeights, maxRows: number): Scratch {
  const width = rowStride(config.hiddenSize);
  const mixRank = Math.max(...weights.layers.map((layer) => layer.mixRank));
  const decayRank = Math.max(...weights.layers.map((layer) => layer.decayDown.outWidth));
  const rows = (label: string, columns: number, copies = 1) =>
    createTensor(gpu, `rnn.${label}`, [copies, maxRows, columns], "f32");
  const tensors = {
    embedded: rows("embedded", width),
    x: rows("x", width),
    normed: rows("normed", width),
    shifted: rows("shifted", width, 2),
    mixRanks: rows("mix-ranks", rowStride(5 * mixRank)),
    mixed: rows("mixed", width, 5),
    decayRanks: rows("decay-ranks", rowStride(decayRank)),
    decay: rows("decay", width),
    kvrg: rows("kvrg", width, 4),
    y: rows("y", width),
    gate: rows("gate", width),
    hidden: rows("hidden", rowStride(config.intermediateSize)),
    carry: createTensor(gpu, "rnn.carry", [config.numHiddenLayers * 2, alignedStride(width)], "f32"),
  };
  return {
    maxRows,
    ...tensors,
    destroy() {
      for (const tensor of Object.values(tensors)) tensor.destroy();
    },
  };
}

/** Everything that the dispatches of one stream share. */
type Build = {
  readonly gpu: Gpu;
  readonly config: TextConfig;
  readonly weights: RnnWeights;
  readonly scratch: Scratch;
  readonly state: RnnState;
  /** Uniform with T in its first word. */
  readonly rows: GPUBuffer;
  /** The matrix product for one row, or for many. */
  readonly mode: "decode" | "prefill";
};

/**
 * RWKV-6 from `scratch.embedded` [T, C] through all layers, reading and leaving `state`, as dispatches to be recorded for any
 * T ≤ maxRows. The residual stream of all rows is left in `scratch.x`; the shift rows must then be copied from
 * `scratch.carry` into `state.shift`.
 */
export function buildForward(build: Build): Dispatch[] {
  const { gpu, weights, scratch, rows } = build;
  const width = build.config.hiddenSize;
  const dispatches = [
    layerNorm(gpu, { x: scratch.embedded, ...weights.ln0, y: scratch.x, rows }, { width, eps: layerNormEps }),
  ];
  weights.layers.forEach((layer, index) => {
    dispatches.push(...buildTimeMix(build, layer, index), ...buildChannelMix(build, layer, index));
  });
  return dispatches;
}

/** The logits [V] of the last row in `scratch.x`. */
export function buildHead(build: Omit<Build, "state" | "mode">, logits: Tensor): Dispatch[] {
  const { gpu, config, weights, scratch, rows } = build;
  const norm = { x: scratch.x, ...weights.lnOut, y: scratch.normed, rows };
  return [
    layerNorm(gpu, norm, { width: config.hiddenSize, eps: layerNormEps, lastOnly: true }),
    ...linearDecode(gpu, { x: scratch.normed, w: weights.head, y: logits }),
  ];
}

function linear(build: Build, io: LinearIo, options: LinearOptions = {}): Dispatch[] {
  if (build.mode === "decode") return linearDecode(build.gpu, io, options);
  return linearPrefill(build.gpu, { ...io, rows: build.rows }, options);
}

function buildTimeMix(build: Build, layer: LayerWeights, index: number): Dispatch[] {
  const { gpu, config, scratch, state, rows } = build;
  const { hiddenSize: width, headSize } = config;
  const { maxRows: batchRows, normed, shifted, mixed, mixRanks, decayRanks, decay, kvrg, y, carry } = scratch;
  const stride = rowStride(width);
  const row = index * 2;
  const shift = rowBinding(state.shift, row, width);
  const inputs = { buffer: mixed.buffer, offset: batchRows * stride * 4 }; // k, v, r, g: all but w
  return [
    normShift(
      gpu,
      {
        x: scratch.x,
        ...layer.ln1,
        shift,
        mix: layer.mixX,
        normed,
        shifted,
        carry: rowBinding(carry, row, width),
        rows,
      },
      { width, eps: layerNormEps, mixes: 1, batchRows },
    ),
    ...linear(build, { x: shifted, w: layer.mixDown, y: mixRanks }, { activation: "tanh" }),
    tokenMix(
      gpu,
      { x: normed, shift, mix: layer.mix, m: mixRanks, up: layer.mixUp, out: mixed, rows },
      { width, rank: layer.mixRank, batchRows },
    ),
    ...linear(build, { x: mixed, w: layer.decayDown, y: decayRanks }, { activation: "tanh" }),
    ...linear(build, { x: decayRanks, w: layer.decayUp, y: decay }, { activation: "decay", bias: layer.decay }),
    ...linear(build, { x: inputs, w: layer.kvrg, y: kvrg }, { batchRows }),
    wkv6(
      gpu,
      { kvrg, decay, bonus: layer.bonus, state: rowBinding(state.wkv, index, width * headSize), y, rows },
      { width, headSize, batchRows },
    ),
    groupNormGate(
      gpu,
      { gate: kvrg, ...layer.lnX, y },
      { width, headSize, eps: groupNormEps, gateOffset: 3 * batchRows * stride },
    ),
    ...linear(build, { x: y, w: layer.output, y: scratch.x }, { combine: "add" }),
  ];
}

function buildChannelMix(build: Build, layer: LayerWeights, index: number): Dispatch[] {
  const { gpu, config, scratch, state, rows } = build;
  const width = config.hiddenSize;
  const { maxRows: batchRows, normed, shifted, gate, hidden, carry } = scratch;
  const stride = rowStride(width);
  const row = index * 2 + 1;
  const receptanceInput = { buffer: shifted.buffer, offset: batchRows * stride * 4 };
  return [
    normShift(
      gpu,
      {
        x: scratch.x,
        ...layer.ln2,
        shift: rowBinding(state.shift, row, width),
        mix: layer.ffnMix,
        normed,
        shifted,
        carry: rowBinding(carry, row, width),
        rows,
      },
      { width, eps: layerNormEps, mixes: 2, batchRows },
    ),
    ...linear(build, { x: shifted, w: layer.ffnKey, y: hidden }, { activation: "relu-squared" }),
    ...linear(build, { x: receptanceInput, w: layer.ffnReceptance, y: gate }, { activation: "sigmoid" }),
    ...linear(build, { x: hidden, w: layer.ffnValue, y: scratch.x }, { combine: "add-gated", gate }),
  ];
}
