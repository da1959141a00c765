import code from "../../shaders/token-score.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

type TokenScoreIo = {
  /** [T, V], rows `rowStride(V)` apart */
  readonly logits: Tensor;
  /** [T] u32, ids below V */
  readonly targets: Tensor;
  /** [T] */
  readonly scores: Tensor;
};

/**
 * The natural logarithm of how likely each row's target is, among all of the vocabulary.
 *
 * @param threads that look through a row; what suits the adapter unless given
 */
export function tokenScore(gpu: Gpu, io: TokenScoreIo, vocabSize: number, threads?: number): Dispatch {
  const constants = {
    VOCAB: vocabSize,
    STRIDE: rowStride(vocabSize),
    THREADS: threads ?? (gpu.adapter.software ? 16 : 256),
  };
  const pipeline = compileKernel(gpu, { name: "token-score", code, constants });
  return createDispatch(gpu, "token-score", pipeline, [io.logits, io.targets, io.scores], (rows) => [rows]);
}
