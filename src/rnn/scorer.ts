import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, readBuffer, writeTensor } from "../gpu/tensor.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { tokenScore } from "../kernels/token-score.ts";
import { buildHead, buildHeads } from "./forward.ts";
import { createRnnReader } from "./reader.ts";
import type { Rnn } from "./rnn.ts";
import type { RnnState } from "./state.ts";

/** Reads into a state, and tells how likely the state held each token to be before it came. */
export type RnnScorer = {
  /**
   * Reads `ids`, and returns for each the natural logarithm of how likely `targets` at its place is to come next.
   *
   * @param targets ids of the vocabulary, as many as `ids`
   */
  score(ids: Uint32Array, targets: Uint32Array): Promise<Float32Array>;
  destroy(): void;
};

/** Tokens whose logits are in memory at once: for 65,536 ids they take 8 MiB. */
const scoredRows = 32;

/** Creates a scorer over `state`, which stays its owner's. */
export function createRnnScorer(gpu: Gpu, rnn: Rnn, state: RnnState, label: string): RnnScorer {
  const { config, scratch, weights } = rnn;
  const vocab = config.vocabSize;
  const rows = Math.min(scoredRows, scratch.maxRows);
  const reader = createRnnReader(gpu, rnn, state, label);
  const logits = createTensor(gpu, `${label}.logits`, [rows, rowStride(vocab)], "f32");
  const wanted = createTensor(gpu, `${label}.targets`, [rows], "u32");
  const scores = createTensor(gpu, `${label}.scores`, [rows], "f32");
  const choose = tokenScore(gpu, { logits, targets: wanted, scores }, vocab);
  const after = {
    one: [...buildHead(weights, { gpu, config, scratch, rows: rnn.oneRow }, logits), choose],
    many: [...buildHeads(weights, { gpu, config, scratch, rows: rnn.rows }, logits), choose],
  };
  return {
    async score(ids, targets) {
      assert(ids.length === targets.length, `${ids.length} ids and ${targets.length} targets`);
      const read: Promise<ArrayBuffer>[] = [];
      for (let from = 0; from < ids.length; from += rows) {
        const chunk = ids.subarray(from, from + rows);
        writeTensor(gpu, wanted, targets.subarray(from, from + rows));
        reader.read(chunk, null, after);
        read.push(readBuffer(gpu, scores.buffer, chunk.length * 4));
      }
      const parts = (await Promise.all(read)).map((part) => [...new Float32Array(part)]);
      return Float32Array.from(parts.flat());
    },
    destroy() {
      for (const owner of [reader, logits, wanted, scores]) owner.destroy();
    },
  };
}
