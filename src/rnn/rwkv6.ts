import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { groupNormGate } from "../kernels/group-norm-gate.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { tokenMix } from "../kernels/token-mix.ts";
import { wkv6 } from "../kernels/wkv6.ts";
import { wkv6Step } from "../kernels/wkv6-step.ts";
import type { TextConfig } from "../model/config.ts";
import { batchFrom, buildLinear, buildPair, buildShift, groupNormEps, type LayerIo, type RnnLayers } from "./layers.ts";
import type { Loader } from "./loader.ts";
import { loadRwkv6Layer, type Rwkv6Layer } from "./rwkv6-weights.ts";
import { createRows } from "./scratch.ts";
import { rowBinding } from "./state.ts";

/** Loads the layers of RWKV-6 (Finch, arXiv 2404.05892). @throws AuroraError `ModelCorrupt` and the source's own errors */
export async function loadRwkv6(gpu: Gpu, loader: Loader, config: TextConfig, maxRows: number): Promise<RnnLayers> {
  const layers: Rwkv6Layer[] = [];
  for (let n = 0; n < config.numHiddenLayers; n++) layers.push(await loadRwkv6Layer(loader, `blocks.${n}.`, config));
  const own = createOwnScratch(gpu, config, layers, maxRows);
  return {
    largest: layers
      .slice(0, 2)
      .slice(-1)
      .flatMap(({ kvrg, ffnKey, ffnValue }) => [kvrg, ffnKey, ffnValue]),
    build: (io) =>
      layers.flatMap((layer, n) => [...buildTimeMix(io, own, layer, n), ...buildChannelMix(io, own, layer, n)]),
    destroy() {
      for (const tensor of Object.values(own)) tensor.destroy();
    },
  };
}

type OwnScratch = ReturnType<typeof createOwnScratch>;

function createOwnScratch(gpu: Gpu, config: TextConfig, layers: readonly Rwkv6Layer[], maxRows: number) {
  const width = config.hiddenSize;
  const widest = (of: (layer: Rwkv6Layer) => number) => Math.max(...layers.map(of));
  const rows = (label: string, columns: number, copies = 1) => createRows(gpu, label, maxRows, columns, copies);
  return {
    /** [T, C]: z of the time mix; [2, T, C] of the channel mix */
    shifted: rows("shifted", width, 2),
    /** [T, 5·D] */
    mixRanks: rows(
      "mix-ranks",
      widest((layer) => 5 * layer.mixRank),
    ),
    /** [5, T, C] in the order w, k, v, r, g */
    mixed: rows("mixed", width, 5),
    /** [T, D] */
    decayRanks: rows(
      "decay-ranks",
      widest((layer) => layer.decayDown.outWidth),
    ),
    /** [T, C] */
    decay: rows("decay", width),
    /** [4, T, C] */
    kvrg: rows("kvrg", width, 4),
    /** [T, C] */
    y: rows("y", width),
    /** [T, C]: σ of the receptance */
    gate: rows("gate", width),
    /** [T, I] */
    hidden: rows("hidden", config.intermediateSize),
  };
}

function buildTimeMix(io: LayerIo, own: OwnScratch, layer: Rwkv6Layer, index: number): Dispatch[] {
  const { gpu, config, scratch, state, rows } = io;
  const width = config.hiddenSize;
  const { shifted, mixed, mixRanks, decayRanks, decay, kvrg, y } = own;
  const batchRows = scratch.maxRows;
  const inputs = batchFrom(io, mixed, 1, width); // k, v, r, g: all but w
  return [
    buildShift(io, index, 0, { norm: layer.ln1, mix: layer.mixX, mixes: 1 }, shifted),
    ...buildLinear(io, { x: shifted, w: layer.mixDown, y: mixRanks }, { activation: "tanh" }),
    tokenMix(
      gpu,
      {
        x: scratch.normed,
        shift: rowBinding(state.shift, index * 2, width),
        mix: layer.mix,
        m: mixRanks,
        up: layer.mixUp,
        out: mixed,
        rows,
      },
      { width, rank: layer.mixRank, batchRows },
    ),
    ...buildPair(
      io,
      { x: inputs, w: layer.kvrg, y: kvrg, batchRows },
      { x: mixed, w: layer.decayDown, y: decayRanks, activation: "tanh" },
    ),
    ...buildLinear(io, { x: decayRanks, w: layer.decayUp, y: decay }, { activation: "decay", bias: layer.decay }),
    ...buildRecurrence(io, own, layer, index),
    ...buildLinear(io, { x: y, w: layer.output, y: scratch.x }, { combine: "add" }),
  ];
}

/** The recurrence, its norm and gate: for one row in one dispatch. */
function buildRecurrence(io: LayerIo, own: OwnScratch, layer: Rwkv6Layer, index: number): Dispatch[] {
  const { gpu, config, scratch, rows } = io;
  const { hiddenSize: width, headSize } = config;
  const { kvrg, decay, y } = own;
  const batchRows = scratch.maxRows;
  const state = rowBinding(io.state.wkv, index, width * headSize);
  const recurrence = { kvrg, decay, bonus: layer.bonus, state, y };
  const heads = { width, headSize, batchRows };
  if (io.mode === "decode") return [wkv6Step(gpu, { ...recurrence, ...layer.lnX }, { ...heads, eps: groupNormEps })];
  const gateOffset = 3 * batchRows * rowStride(width);
  return [
    wkv6(gpu, { ...recurrence, rows }, heads),
    groupNormGate(gpu, { gate: kvrg, ...layer.lnX, y }, { width, headSize, eps: groupNormEps, gateOffset }),
  ];
}

function buildChannelMix(io: LayerIo, own: OwnScratch, layer: Rwkv6Layer, index: number): Dispatch[] {
  const { shifted, gate, hidden } = own;
  const receptanceInput = batchFrom(io, shifted, 1, io.config.hiddenSize);
  return [
    buildShift(io, index, 1, { norm: layer.ln2, mix: layer.ffnMix, mixes: 2 }, shifted),
    ...buildPair(
      io,
      { x: shifted, w: layer.ffnKey, y: hidden, activation: "relu-squared" },
      { x: receptanceInput, w: layer.ffnReceptance, y: gate, activation: "sigmoid" },
    ),
    ...buildLinear(io, { x: hidden, w: layer.ffnValue, y: io.scratch.x }, { combine: "add-gated", gate }),
  ];
}
