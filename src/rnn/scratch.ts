import type { Gpu } from "../gpu/device.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { rowStride } from "../kernels/row-stride.ts";
import type { TextConfig } from "../model/config.ts";
import { alignedStride } from "./state.ts";

/** Where activations live between layers while a chunk of at most `maxRows` tokens passes. Shared by all streams. */
export type Scratch = {
  readonly maxRows: number;
  /** [T, C]: embeddings before ln0 */
  readonly embedded: Tensor;
  /** [T, C]: residual stream */
  readonly x: Tensor;
  /** [T, C]: a norm's output */
  readonly normed: Tensor;
  /** [L · 2, C]: the shift rows that the chunk leaves, copied into the state after it */
  readonly carry: Tensor;
  destroy(): void;
};

/** Allocates the activations of a chunk of at most `maxRows` tokens. */
export function createScratch(gpu: Gpu, config: TextConfig, maxRows: number): Scratch {
  const width = rowStride(config.hiddenSize);
  const tensors = {
    embedded: createRows(gpu, "embedded", maxRows, width),
    x: createRows(gpu, "x", maxRows, width),
    normed: createRows(gpu, "normed", maxRows, width),
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

/** Room for `copies` of `maxRows` rows of `columns`, at their `rowStride`. */
export function createRows(gpu: Gpu, label: string, maxRows: number, columns: number, copies = 1): Tensor {
  return createTensor(gpu, `rnn.${label}`, [copies, maxRows, rowStride(columns)], "f32");
}
