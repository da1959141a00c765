import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { groupNormBonus } from "../kernels/group-norm-bonus.ts";
import { wkv7 } from "../kernels/wkv7.ts";
import { wkv7Inputs } from "../kernels/wkv7-inputs.ts";
import type { TextConfig } from "../model/config.ts";
import { batchFrom, buildLinear, buildShift, groupNormEps, type LayerIo, type RnnLayers } from "./layers.ts";
import type { Loader } from "./loader.ts";
import { loadRwkv7Layer, type Rwkv7Layer } from "./rwkv7-weights.ts";
import { createRows } from "./scratch.ts";
import { rowBinding } from "./state.ts";

/** Loads the layers of RWKV-7 (Goose, arXiv 2503.14456). @throws AuroraError `ModelCorrupt` and the source's own errors */
export async function loadRwkv7(gpu: Gpu, loader: Loader, config: TextConfig, maxRows: number): Promise<RnnLayers> {
  const layers: Rwkv7Layer[] = [];
  for (let n = 0; n < config.numHiddenLayers; n++) {
    layers.push(await loadRwkv7Layer(loader, `blocks.${n}.`, config, n === 0));
  }
  const own = createOwnScratch(gpu, config, layers, maxRows);
  return {
    build: (io) =>
      layers.flatMap((layer, n) => [...buildTimeMix(io, own, layer, n), ...buildChannelMix(io, own, layer, n)]),
    destroy() {
      for (const tensor of Object.values(own)) tensor.destroy();
    },
  };
}

type OwnScratch = ReturnType<typeof createOwnScratch>;

function createOwnScratch(gpu: Gpu, config: TextConfig, layers: readonly Rwkv7Layer[], maxRows: number) {
  const width = config.hiddenSize;
  const widest = (of: (layer: Rwkv7Layer) => number) => Math.max(...layers.map(of));
  const rows = (label: string, columns: number, copies = 1) => createRows(gpu, label, maxRows, columns, copies);
  return {
    /** [6, T, C] in the order r, k, v, a, w, g: neighbours are multiplied in one batch */
    shifted: rows("shifted", width, 6),
    /** [6, T, C]: r, k, v, w, κ, β */
    inputs: rows("inputs", width, 6),
    /** [2, T, D]: x_v·V1, x_a·A1 */
    valueRateRanks: rows(
      "value-rate-ranks",
      widest((layer) => layer.ranks.width),
      2,
    ),
    /** [T, D] */
    decayRanks: rows(
      "decay-ranks",
      widest((layer) => layer.ranks.decay),
    ),
    /** [T, D] */
    gateRanks: rows(
      "gate-ranks",
      widest((layer) => layer.gateDown.outWidth),
    ),
    /** [T, C] */
    gate: rows("gate", width),
    /** [T, C]: the first layer's v, which all layers of a chunk read */
    vFirst: rows("v-first", width),
    /** [T, C] */
    y: rows("y", width),
    /** [T, I] */
    hidden: rows("hidden", config.intermediateSize),
  };
}

function buildTimeMix(io: LayerIo, own: OwnScratch, layer: Rwkv7Layer, index: number): Dispatch[] {
  const { gpu, config, scratch, state, rows } = io;
  const { hiddenSize: width, headSize } = config;
  const { shifted, inputs, valueRateRanks, decayRanks, gateRanks, gate, vFirst, y } = own;
  const { ranks, up, params } = layer;
  const batchRows = scratch.maxRows;
  const heads = { width, headSize, batchRows };
  const valueRate = batchFrom(shifted, index === 0 ? 3 : 2); // the first layer mixes nothing into v
  return [
    buildShift(io, index, 0, { norm: layer.ln1, mix: layer.mix, mixes: 6 }, shifted),
    ...buildLinear(io, { x: shifted, w: layer.rkv, y: inputs }, { batchRows }),
    ...buildLinear(io, { x: valueRate, w: layer.valueRateDown, y: valueRateRanks }, { batchRows }),
    ...buildLinear(io, { x: batchFrom(shifted, 4), w: layer.decayDown, y: decayRanks }, { activation: "tanh" }),
    ...buildLinear(io, { x: batchFrom(shifted, 5), w: layer.gateDown, y: gateRanks }, { activation: "sigmoid" }),
    ...buildLinear(io, { x: gateRanks, w: layer.gateUp, y: gate }),
    wkv7Inputs(gpu, { inputs, ranks: valueRateRanks, decayRanks, up, params, vFirst, rows }, { ...heads, ranks }),
    wkv7(gpu, { inputs, state: rowBinding(state.wkv, index, width * headSize), y, rows }, heads),
    groupNormBonus(gpu, { inputs, bonus: layer.bonus, gate, ...layer.lnX, y }, { ...heads, eps: groupNormEps }),
    ...buildLinear(io, { x: y, w: layer.output, y: scratch.x }, { combine: "add" }),
  ];
}

function buildChannelMix(io: LayerIo, own: OwnScratch, layer: Rwkv7Layer, index: number): Dispatch[] {
  const { shifted, hidden } = own;
  return [
    buildShift(io, index, 1, { norm: layer.ln2, mix: layer.ffnMix, mixes: 1 }, shifted),
    ...buildLinear(io, { x: shifted, w: layer.ffnKey, y: hidden }, { activation: "relu-squared" }),
    ...buildLinear(io, { x: hidden, w: layer.ffnValue, y: io.scratch.x }, { combine: "add" }),
  ];
}
