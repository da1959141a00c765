import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { groupNormBonus } from "../kernels/group-norm-bonus.ts";
import { wkv7 } from "../kernels/wkv7.ts";
import { wkv7Inputs } from "../kernels/wkv7-inputs.ts";
import type { TextConfig } from "../model/config.ts";
import { batchFrom, buildLinear, buildPair, buildShift, groupNormEps, type LayerIo, type RnnLayers } from "./layers.ts";
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
    largest: layers
      .slice(0, 2)
      .slice(-1)
      .flatMap(({ rkv, ffnKey, ffnValue }) => [rkv, ffnKey, ffnValue]),
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
    /** [3, T, D]: x_v·V1, x_a·A1, tanh(x_w·W1); the first layer leaves the first free */
    ranks: rows(
      "ranks",
      widest((layer) => layer.rank),
      3,
    ),
    /** [3, T, C]: the same times V2, A2, W2 */
    raised: rows("raised", width, 3),
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
  const { shifted, inputs, ranks, raised, gateRanks, gate, vFirst, y } = own;
  const { params, rank } = layer;
  const batchRows = scratch.maxRows;
  const heads = { width, headSize, batchRows };
  const first = index === 0;
  const skipped = first ? 1 : 0; // the first layer mixes nothing into v
  const shiftedFrom = (input: number) => batchFrom(io, shifted, input, width);
  const ranksFrom = (input: number) => batchFrom(io, ranks, input, rank);
  const raisedFrom = batchFrom(io, raised, skipped, width);
  return [
    buildShift(io, index, 0, { norm: layer.ln1, mix: layer.mix, mixes: 6 }, shifted),
    ...buildPair(
      io,
      { x: shifted, w: layer.rkv, y: inputs, batchRows },
      { x: shiftedFrom(2 + skipped), w: layer.valueRateDown, y: ranksFrom(skipped), batchRows },
    ),
    ...buildPair(
      io,
      { x: shiftedFrom(4), w: layer.decayDown, y: ranksFrom(2), activation: "tanh" },
      { x: shiftedFrom(5), w: layer.gateDown, y: gateRanks, activation: "sigmoid" },
    ),
    ...buildPair(
      io,
      { x: ranksFrom(skipped), w: layer.up, y: raisedFrom, batchRows },
      { x: gateRanks, w: layer.gateUp, y: gate },
    ),
    wkv7Inputs(gpu, { inputs, raised, params, vFirst }, { ...heads, first }),
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
