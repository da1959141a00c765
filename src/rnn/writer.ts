import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, readBuffer, readFloats, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import { tokenChoiceGreedy, tokenChoiceTopP } from "../kernels/token-choice.ts";
import { buildHead } from "./forward.ts";
import { createRnnReader, type RnnReader } from "./reader.ts";
import type { Rnn } from "./rnn.ts";
import { copyRnnState, createRnnState, type RnnState, recordStateCopy } from "./state.ts";

/** How the next token is chosen; temperature 0 is greedy. */
export type Choice = { readonly temperature: number; readonly topP: number; readonly random: () => number };

/** Most tokens that one `generate` makes before they are read back. */
export const maxFlush = 8;

/** Reads into a state, and draws tokens from what it then expects. All but the readers and `generate` only submit work. */
export type RnnWriter = {
  readonly state: RnnState;
  /** Reads as `RnnReader.read` does. */
  read(indices: Uint32Array, visual?: Tensor | null): void;
  /** Reads at least one token or row and computes the logits after the last: `generate` and `readLogits` begin there. */
  prompt(indices: Uint32Array, visual?: Tensor | null): void;
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
 * Creates a writer over `state`, which stays its owner's.
 *
 * @param choices `generate` chooses among the ids below this; those above may have logits, but no meaning
 */
export function createRnnWriter(
  gpu: Gpu,
  rnn: Rnn,
  state: RnnState,
  label: string,
  choices = rnn.config.vocabSize,
): RnnWriter {
  const { config, scratch, weights } = rnn;
  const vocab = config.vocabSize;
  assert(choices >= 1 && choices <= vocab, `cannot choose among ${choices} of ${vocab} ids`);
  const reader: RnnReader = createRnnReader(gpu, rnn, state, label);
  const backup = createRnnState(gpu, config, `${label}.backup`);
  const logits = createTensor(gpu, `${label}.logits`, [Math.ceil(vocab / 4) * 4], "f32");
  const tokens = createTensor(gpu, `${label}.tokens`, [1 + maxFlush], "u32");
  const randoms = createTensor(gpu, `${label}.randoms`, [maxFlush], "f32");
  const settings = createUniform(gpu, `${label}.settings`, [0, 0, 0, 0]);
  const { next } = reader;
  const head = {
    one: buildHead(weights, { gpu, config, scratch, rows: rnn.oneRow }, logits),
    many: buildHead(weights, { gpu, config, scratch, rows: rnn.rows }, logits),
  };
  const greedy = tokenChoiceGreedy(gpu, { logits, tokens, next }, choices);
  const topP = tokenChoiceTopP(gpu, { logits, tokens, next, randoms, settings }, choices);

  function prompt(indices: Uint32Array, visual: Tensor | null = null): void {
    reader.read(indices, visual, head);
  }

  return {
    state,
    read: (indices, visual) => reader.read(indices, visual),
    prompt,
    async generate(count, choice) {
      assert(count >= 1 && count <= maxFlush, `cannot generate ${count} tokens at once`);
      const sample = choice.temperature > 0;
      writeTensor(gpu, tokens, new Uint32Array(1));
      if (sample) {
        // One number a token, so that a seed gives the same answer whatever the sizes of the flushes.
        writeTensor(gpu, randoms, Float32Array.from({ length: count }, choice.random));
        gpu.device.queue.writeBuffer(settings, 0, new Float32Array([1 / choice.temperature, choice.topP]));
      }
      const encoder = gpu.device.createCommandEncoder({ label });
      recordStateCopy(encoder, state, backup);
      for (let i = 0; i < count; i++) reader.recordStep(encoder, [sample ? topP : greedy], head.one);
      gpu.device.queue.submit([encoder.finish()]);
      return new Uint32Array(await readBuffer(gpu, tokens.buffer, count * 4, 4));
    },
    rewind(kept) {
      copyRnnState(gpu, backup, state);
      prompt(kept);
    },
    readLogits: async () => (await readFloats(gpu, logits)).slice(0, vocab),
    destroy() {
      for (const owner of [reader, backup, logits, tokens, randoms, settings]) owner.destroy();
    },
  };
}
