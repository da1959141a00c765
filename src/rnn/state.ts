import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, readFloats, type Tensor, writeTensor } from "../gpu/tensor.ts";
import type { TextConfig } from "../model/config.ts";

/** What RWKV-6 or RWKV-7 remembers: of constant size, whatever it has read. */
export type RnnState = {
  /** [L, H, N, N] f32: S by key index i, then value index j; layers `alignedStride(C·N)` elements apart */
  readonly wkv: Tensor;
  /** [L · 2, C] f32, rows `alignedStride(C)` apart: the last inputs of each layer's attention and feed-forward */
  readonly shift: Tensor;
  destroy(): void;
};

/** Creates a state of zeros: nothing was read. */
export function createRnnState(gpu: Gpu, config: TextConfig, label: string): RnnState {
  const { numHiddenLayers: layers, hiddenSize: width, headSize } = config;
  const wkv = createTensor(gpu, `${label}.wkv`, [layers, alignedStride(width * headSize)], "f32");
  const shift = createTensor(gpu, `${label}.shift`, [layers * 2, alignedStride(width)], "f32");
  return {
    wkv,
    shift,
    destroy() {
      wkv.destroy();
      shift.destroy();
    },
  };
}

/** A number of f32 rounded up to 256 bytes, where WebGPU lets a binding start. */
export function alignedStride(elements: number): number {
  return Math.ceil(elements / 64) * 64;
}

/** Row `index` of rows `alignedStride(width)` apart, as a binding. */
export function rowBinding(tensor: Tensor, index: number, width: number): GPUBufferBinding {
  return { buffer: tensor.buffer, offset: index * alignedStride(width) * 4, size: Math.ceil(width / 4) * 16 };
}

/** Bytes of a state: f32 of L · (H·N·N + 2·C). */
export function stateByteLength({ numHiddenLayers, hiddenSize, headSize }: TextConfig): number {
  return 4 * numHiddenLayers * (hiddenSize * headSize + 2 * hiddenSize);
}

/** Encodes a copy of one state over another. */
export function recordStateCopy(encoder: GPUCommandEncoder, from: RnnState, to: RnnState): void {
  encoder.copyBufferToBuffer(from.wkv.buffer, 0, to.wkv.buffer, 0, to.wkv.buffer.size);
  encoder.copyBufferToBuffer(from.shift.buffer, 0, to.shift.buffer, 0, to.shift.buffer.size);
}

/** Makes `to` what `from` is at this place in the GPU's queue. */
export function copyRnnState(gpu: Gpu, from: RnnState, to: RnnState): void {
  const encoder = gpu.device.createCommandEncoder({ label: "rnn.copy" });
  recordStateCopy(encoder, from, to);
  gpu.device.queue.submit([encoder.finish()]);
}

/** Forgets everything that a state has read. */
export function clearRnnState(gpu: Gpu, state: RnnState): void {
  const encoder = gpu.device.createCommandEncoder({ label: "rnn.clear" });
  encoder.clearBuffer(state.wkv.buffer);
  encoder.clearBuffer(state.shift.buffer);
  gpu.device.queue.submit([encoder.finish()]);
}

/**
 * Reads a state back, one array [2 + N, C] a layer: row 0 the attention's shift, row 1 + i the key index i of S with head h
 * and value j at column h·N + j, the last row the feed-forward's shift. In both versions S is by key, then value; the paper on
 * RWKV-7 and BlinkDL's code have it the other way round there.
 */
export async function readRnnState(gpu: Gpu, config: TextConfig, state: RnnState): Promise<Float32Array[]> {
  const [wkv, shift] = await Promise.all([readFloats(gpu, state.wkv), readFloats(gpu, state.shift)]);
  const layers = Array.from({ length: config.numHiddenLayers }, () => new Float32Array(layerLength(config)));
  forEachRow(config, ({ layer, row, part, from, length }) => {
    layers[layer]?.set((part === "wkv" ? wkv : shift).subarray(from, from + length), row);
  });
  return layers;
}

/** Writes a state, in the form in which `readRnnState` gives it. */
export function writeRnnState(gpu: Gpu, config: TextConfig, state: RnnState, layers: readonly Float32Array[]): void {
  const { numHiddenLayers } = config;
  const lengths = layers.map(({ length }) => length);
  assert(
    layers.length === numHiddenLayers && lengths.every((length) => length === layerLength(config)),
    `a state of ${numHiddenLayers} layers of ${layerLength(config)} numbers, not of ${lengths}`,
  );
  const wkv = new Float32Array(state.wkv.byteLength / 4);
  const shift = new Float32Array(state.shift.byteLength / 4);
  forEachRow(config, ({ layer, row, part, from, length }) => {
    (part === "wkv" ? wkv : shift).set((layers[layer] as Float32Array).subarray(row, row + length), from);
  });
  writeTensor(gpu, state.wkv, wkv);
  writeTensor(gpu, state.shift, shift);
}

/** Numbers of one layer, in rows [2 + N, C]. */
function layerLength({ hiddenSize, headSize }: TextConfig): number {
  return (2 + headSize) * hiddenSize;
}

/** A run of numbers that lie together in the rows of a layer (from `row` on) and in one of the state's tensors. */
type StateRow = {
  readonly layer: number;
  readonly row: number;
  readonly part: "wkv" | "shift";
  readonly from: number;
  readonly length: number;
};

function forEachRow(config: TextConfig, visit: (row: StateRow) => void): void {
  const { numHiddenLayers, hiddenSize: width, headSize } = config;
  for (let layer = 0; layer < numHiddenLayers; layer++) {
    for (const index of [0, 1]) {
      const from = (layer * 2 + index) * alignedStride(width);
      visit({ layer, row: index * (1 + headSize) * width, part: "shift", from, length: width });
    }
    for (let head = 0; head < width / headSize; head++) {
      for (let i = 0; i < headSize; i++) {
        const from = layer * alignedStride(width * headSize) + (head * headSize + i) * headSize;
        visit({ layer, row: (1 + i) * width + head * headSize, part: "wkv", from, length: headSize });
      }
    }
  }
}
