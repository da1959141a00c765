import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { recordDispatches } from "../gpu/record.ts";
import { createTensor, readBuffer, readFloats, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { createUniform, writeUniform } from "../gpu/uniform.ts";
import { embeddingGather } from "../kernels/embedding-gather.ts";
import { tokenChoiceGreedy, tokenChoiceTopP } from "../kernels/token-choice.ts";
import { buildForward, buildHead } from "./forward.ts";
import type { Rnn } from "./rnn.ts";
import { createRnnState, type RnnState, recordStateCopy, recordStateReset } from "./state.ts";

/** How the next token is chosen; temperature 0 is greedy. */
export type Choice = { readonly temperature: number; readonly topP: number; readonly random: () => number };

/** Most tokens that one `generate` makes before they are read back. */
export const maxFlush = 8;

type ReadOptions = {
  /** Table of visual rows [n, rowStride(C)], f32 or f16. */
  readonly visual?: Tensor;
  /** Whether to compute the logits after the last row. */
  readonly logits?: boolean;
};

/**
 * A state with the means to read into it and to write from it. All methods but `generate` and the readers only submit work:
 * the GPU runs it in the order of the calls, also between streams of one Rnn.
 */
export type RnnStream = {
  readonly state: RnnState;
  /** Forgets everything. */
  reset(): void;
  /** Becomes a copy of another stream's state. */
  copyFrom(other: RnnStream): void;
  /**
   * Reads tokens (ids) and rows of `visual`, which follow the vocabulary: index V + i is row i. Before `generate` and
   * `readLogits`, the last thing read must have been read with `logits`.
   */
  read(indices: Uint32Array, options?: ReadOptions): void;
  /**
   * Chooses and reads `count` (at most `maxFlush`) tokens after what was read last, and returns their ids. The state then has
   * read them all.
   */
  generate(count: number, choice: Choice): Promise<Uint32Array>;
  /** Takes the last `generate` back but for its first tokens. */
  rewind(kept: Uint32Array): void;
  /** The logits [V] after what was read last. */
  readLogits(): Promise<Float32Array>;
  destroy(): void;
};

/**
 * Creates a stream with an empty state.
 *
 * @param choices `generate` chooses among the ids below this; those above may have logits, but no meaning
 */
export function createRnnStream(gpu: Gpu, rnn: Rnn, label: string, choices = rnn.config.vocabSize): RnnStream {
  const { config, scratch, weights } = rnn;
  const vocab = config.vocabSize;
  assert(choices >= 1 && choices <= vocab, `cannot choose among ${choices} of ${vocab} ids`);
  const width = config.hiddenSize;
  const state = createRnnState(gpu, config, label);
  const backup = createRnnState(gpu, config, `${label}.backup`);
  const logits = createTensor(gpu, `${label}.logits`, [Math.ceil(vocab / 4) * 4], "f32");
  const indices = createTensor(gpu, `${label}.indices`, [scratch.maxRows], "u32");
  const next = createTensor(gpu, `${label}.next`, [1], "u32");
  const tokens = createTensor(gpu, `${label}.tokens`, [1 + maxFlush], "u32");
  const randoms = createTensor(gpu, `${label}.randoms`, [maxFlush], "f32");
  const settings = createUniform(gpu, `${label}.settings`, [0, 0, 0, 0]);

  const shared = { gpu, config, scratch, state };
  const gather = (from: Tensor) =>
    weights.embedding.map((piece) => embeddingGather(gpu, { indices: from, x: scratch.embedded }, piece, width));
  const embedMany = gather(indices);
  const embedNext = gather(next);
  const forwardMany = buildForward(weights, { ...shared, rows: rnn.rows, mode: "prefill" });
  const forwardOne = buildForward(weights, { ...shared, rows: rnn.oneRow, mode: "decode" });
  const headMany = buildHead(weights, { ...shared, rows: rnn.rows }, logits);
  const headOne = buildHead(weights, { ...shared, rows: rnn.oneRow }, logits);
  const greedy = tokenChoiceGreedy(gpu, { logits, tokens, next }, choices);
  const topP = tokenChoiceTopP(gpu, { logits, tokens, next, randoms, settings }, choices);
  const visualGathers = new WeakMap<Tensor, readonly [Dispatch, Dispatch]>();

  function gatherVisual(visual: Tensor): readonly [Dispatch, Dispatch] {
    let gathers = visualGathers.get(visual);
    if (!gathers) {
      const piece = { tensor: visual, first: vocab, count: visual.shape[0] ?? 0 };
      const to = (from: Tensor) => embeddingGather(gpu, { indices: from, x: scratch.embedded }, piece, width);
      gathers = [to(indices), to(next)];
      visualGathers.set(visual, gathers);
    }
    return gathers;
  }

  /** One pass over the layers, then the shift rows into the state. */
  function recordChunk(encoder: GPUCommandEncoder, dispatches: readonly Dispatch[], rows: number): void {
    recordDispatches(encoder, dispatches, { rows });
    encoder.copyBufferToBuffer(scratch.carry.buffer, 0, state.shift.buffer, 0, state.shift.buffer.size);
  }

  function submit(record: (encoder: GPUCommandEncoder) => void): void {
    const encoder = gpu.device.createCommandEncoder({ label });
    record(encoder);
    gpu.device.queue.submit([encoder.finish()]);
  }

  function readChunk(chunk: Uint32Array, last: boolean, visual?: Tensor): void {
    const visuals = visual ? gatherVisual(visual) : null;
    if (chunk.length === 1) {
      writeTensor(gpu, next, chunk);
      const embed = visuals ? [...embedNext, visuals[1]] : embedNext;
      submit((encoder) => recordChunk(encoder, [...embed, ...forwardOne, ...(last ? headOne : [])], 1));
      return;
    }
    writeTensor(gpu, indices, chunk);
    writeUniform(gpu, rnn.rows, [chunk.length]);
    const embed = visuals ? [...embedMany, visuals[0]] : embedMany;
    submit((encoder) => recordChunk(encoder, [...embed, ...forwardMany, ...(last ? headMany : [])], chunk.length));
  }

  function read(all: Uint32Array, { visual, logits: wanted = false }: ReadOptions = {}): void {
    for (let from = 0; from < all.length; from += scratch.maxRows) {
      const chunk = all.subarray(from, from + scratch.maxRows);
      readChunk(chunk, wanted && from + chunk.length === all.length, visual);
    }
  }

  async function generate(count: number, choice: Choice): Promise<Uint32Array> {
    assert(count >= 1 && count <= maxFlush, `cannot generate ${count} tokens at once`);
    const sample = choice.temperature > 0;
    writeTensor(gpu, tokens, new Uint32Array(1));
    if (sample) {
      // One number a token, so that a seed gives the same answer whatever the sizes of the flushes.
      writeTensor(gpu, randoms, Float32Array.from({ length: count }, choice.random));
      gpu.device.queue.writeBuffer(settings, 0, new Float32Array([1 / choice.temperature, choice.topP]));
    }
    submit((encoder) => {
      recordStateCopy(encoder, state, backup);
      for (let i = 0; i < count; i++)
        recordChunk(encoder, [sample ? topP : greedy, ...embedNext, ...forwardOne, ...headOne], 1);
    });
    return new Uint32Array(await readBuffer(gpu, tokens.buffer, count * 4, 4));
  }

  return {
    state,
    reset: () => submit((encoder) => recordStateReset(encoder, state)),
    copyFrom: (other) => submit((encoder) => recordStateCopy(encoder, other.state, state)),
    read,
    generate,
    rewind(kept) {
      submit((encoder) => recordStateCopy(encoder, backup, state));
      read(kept, { logits: true });
    },
    readLogits: async () => (await readFloats(gpu, logits)).slice(0, vocab),
    destroy() {
      for (const owner of [state, backup, logits, indices, next, tokens, randoms, settings]) owner.destroy();
    },
  };
}
