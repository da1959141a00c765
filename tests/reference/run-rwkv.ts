import type { TextConfig } from "../../src/model/config.ts";
import { emptyState, type LayerState, type Sizes, type Tensors, type Vector } from "./rwkv.ts";

/** One token of a version's reference. */
type Step = (tensors: Tensors, sizes: Sizes, state: LayerState[], embedding: Vector) => Float64Array;

/** The logits and each layer's state, in the order of `readRnnState`, after tokens were read from a state of zeros. */
export function runReference(
  step: Step,
  values: Tensors,
  config: TextConfig,
  indices: Uint32Array,
): { logits: Float64Array; states: Float64Array[] } {
  const sizes = { width: config.hiddenSize, layers: config.numHiddenLayers, headSize: config.headSize };
  const state = emptyState(sizes);
  let logits: Float64Array = new Float64Array();
  for (const id of indices) {
    logits = step(values, sizes, state, values("emb.weight").subarray(id * sizes.width, (id + 1) * sizes.width));
  }
  return { logits, states: state.map((layer) => stateRows(layer, config.headSize)) };
}

function stateRows(state: LayerState, headSize: number): Float64Array {
  const width = state.attention.length;
  const rows = new Float64Array((2 + headSize) * width);
  rows.set(state.attention, 0);
  rows.set(state.feedForward, (1 + headSize) * width);
  for (let c = 0; c < width; c++) {
    const [head, i] = [Math.floor(c / headSize), c % headSize];
    rows.set(state.wkv.subarray(c * headSize, (c + 1) * headSize), (1 + i) * width + head * headSize);
  }
  return rows;
}
