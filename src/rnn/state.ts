import type { Gpu } from "../gpu/device.ts";
import { createTensor, readFloats, type Tensor } from "../gpu/tensor.ts";
import type { TextConfig } from "../model/config.ts";

/** What RWKV-6 or RWKV-7 remembers: of constant size, whatever it has read. */
export type RnnState = {
  /** [L, H, N, N] f32: S by key index i, then value index j; layers `alignedStride(C·N)` elements apart */
  readonly wkv: Tensor;
  /** [L · 2, C] f32, rows `alignedStride(C)` apart: the last inputs of each layer's attention and feed-forward */
  readonly shift: Tensor;
  /** Numbers that carry information, in bytes. */
  readonly byteLength: number;
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
    byteLength: stateByteLength(config),
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

/** Encodes zeros over a state. */
export function recordStateReset(encoder: GPUCommandEncoder, state: RnnState): void {
  encoder.clearBuffer(state.wkv.buffer);
  encoder.clearBuffer(state.shift.buffer);
}

/**
 * Reads a state back, one array [2 + N, C] a layer: row 0 the attention's shift, row 1 + i the key index i of S with head h
 * and value j at column h·N + j, the last row the feed-forward's shift. In both versions S is by key, then value; the paper on
 * RWKV-7 and BlinkDL's code have it the other way round there.
 */
export async function readRnnState(gpu: Gpu, config: TextConfig, state: RnnState): Promise<Float32Array[]> {
  const { numHiddenLayers, hiddenSize: width, headSize } = config;
  const [wkv, shift] = await Promise.all([readFloats(gpu, state.wkv), readFloats(gpu, state.shift)]);
  const stride = alignedStride(width);
  return Array.from({ length: numHiddenLayers }, (_, layer) => {
    const rows = new Float32Array((2 + headSize) * width);
    const shiftRow = (index: number) =>
      shift.subarray((layer * 2 + index) * stride, (layer * 2 + index) * stride + width);
    rows.set(shiftRow(0), 0);
    rows.set(shiftRow(1), (1 + headSize) * width);
    for (let head = 0; head < width / headSize; head++) {
      for (let i = 0; i < headSize; i++) {
        const from = layer * alignedStride(width * headSize) + (head * headSize + i) * headSize;
        rows.set(wkv.subarray(from, from + headSize), (1 + i) * width + head * headSize);
      }
    }
    return rows;
  });
}
