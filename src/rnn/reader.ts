import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { recordDispatches } from "../gpu/record.ts";
import { createTensor, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { writeUniform } from "../gpu/uniform.ts";
import { embeddingGather } from "../kernels/embedding-gather.ts";
import { buildForward } from "./forward.ts";
import type { Rnn } from "./rnn.ts";
import type { RnnState } from "./state.ts";

/** Dispatches to follow a pass over the layers: as they are built for one row, and for many. */
type Following = { readonly one: readonly Dispatch[]; readonly many: readonly Dispatch[] };

/**
 * Feeds tokens into a state. It only submits work: the GPU runs it in the order of the calls, also between readers of
 * one Rnn.
 */
export type RnnReader = {
  readonly state: RnnState;
  /**
   * Reads tokens (ids) and rows of `visual`, which follow the vocabulary: index V + i is row i.
   *
   * @param visual table of visual rows [n, rowStride(C)], f32 or f16
   * @param after what to compute from the last row
   */
  read(indices: Uint32Array, visual?: Tensor | null, after?: Following): void;
  /** The token that a step reads, [1] u32: a kernel may write it. */
  readonly next: Tensor;
  /** Encodes `before`, a pass over the token in `next`, and `after`. */
  recordStep(encoder: GPUCommandEncoder, before: readonly Dispatch[], after: readonly Dispatch[]): void;
  destroy(): void;
};

/** Creates a reader into `state`, which stays its owner's. */
export function createRnnReader(gpu: Gpu, rnn: Rnn, state: RnnState, label: string): RnnReader {
  const { config, scratch, weights } = rnn;
  const width = config.hiddenSize;
  const indices = createTensor(gpu, `${label}.indices`, [scratch.maxRows], "u32");
  const next = createTensor(gpu, `${label}.next`, [1], "u32");
  const shared = { gpu, config, scratch, state };
  const gather = (from: Tensor) =>
    weights.embedding.map((piece) => embeddingGather(gpu, { indices: from, x: scratch.embedded }, piece, width));
  const embedMany = gather(indices);
  const embedNext = gather(next);
  const forwardMany = buildForward(weights, { ...shared, rows: rnn.rows, mode: "prefill" });
  const forwardOne = buildForward(weights, { ...shared, rows: rnn.oneRow, mode: "decode" });
  const visualGathers = new WeakMap<Tensor, Following>();

  function gatherVisual(visual: Tensor): Following {
    let gathers = visualGathers.get(visual);
    if (!gathers) {
      const piece = { tensor: visual, first: config.vocabSize, count: visual.shape[0] ?? 0 };
      const to = (from: Tensor) => [embeddingGather(gpu, { indices: from, x: scratch.embedded }, piece, width)];
      gathers = { one: to(next), many: to(indices) };
      visualGathers.set(visual, gathers);
    }
    return gathers;
  }

  /** One pass over the layers, then the shift rows into the state. */
  function recordPass(encoder: GPUCommandEncoder, dispatches: readonly Dispatch[], rows: number): void {
    recordDispatches(encoder, dispatches, { rows });
    encoder.copyBufferToBuffer(scratch.carry.buffer, 0, state.shift.buffer, 0, state.shift.buffer.size);
  }

  function readChunk(chunk: Uint32Array, visual: Tensor | null, after: Following): void {
    const visuals = visual ? gatherVisual(visual) : nothing;
    const encoder = gpu.device.createCommandEncoder({ label });
    if (chunk.length === 1) {
      writeTensor(gpu, next, chunk);
      recordPass(encoder, [...embedNext, ...visuals.one, ...forwardOne, ...after.one], 1);
    } else {
      writeTensor(gpu, indices, chunk);
      writeUniform(gpu, rnn.rows, [chunk.length]);
      recordPass(encoder, [...embedMany, ...visuals.many, ...forwardMany, ...after.many], chunk.length);
    }
    gpu.device.queue.submit([encoder.finish()]);
  }

  return {
    state,
    read(all, visual = null, after = nothing) {
      for (let from = 0; from < all.length; from += scratch.maxRows) {
        const chunk = all.subarray(from, from + scratch.maxRows);
        readChunk(chunk, visual, from + chunk.length === all.length ? after : nothing);
      }
    },
    next,
    recordStep: (encoder, before, after) => recordPass(encoder, [...before, ...embedNext, ...forwardOne, ...after], 1),
    destroy() {
      indices.destroy();
      next.destroy();
    },
  };
}

const nothing: Following = { one: [], many: [] };
