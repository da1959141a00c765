import greedyCode from "../../shaders/token-choice-greedy.wgsl?raw";
import topPCode from "../../shaders/token-choice-top-p.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";

type ChoiceIo = {
  /** [V] */
  readonly logits: Tensor;
  /** [1 + slots] u32: how many were chosen so far, then the tokens */
  readonly tokens: Tensor;
  /** u32; its first element becomes the token, as input of the next step */
  readonly next: Tensor;
};

/**
 * Appends the most likely token to `tokens`; ties go to the lowest id.
 *
 * @param threads that look through the logits; what suits the adapter unless given
 */
export function tokenChoiceGreedy(gpu: Gpu, io: ChoiceIo, vocabSize: number, threads = threadsFor(gpu)): Dispatch {
  const constants = constantsOf(io, vocabSize, threads);
  const pipeline = compileKernel(gpu, { name: "token-choice-greedy", code: greedyCode, constants });
  return createDispatch(gpu, "token-choice-greedy", pipeline, [io.logits, io.tokens, io.next], [1]);
}

/**
 * Appends a token sampled from the nucleus (Holtzman et al., arXiv 1904.09751) to `tokens`.
 *
 * @param io.randoms [slots] numbers in [0, 1), one for each token · `io.settings` uniform of f32: 1 / temperature, p
 */
export function tokenChoiceTopP(
  gpu: Gpu,
  io: ChoiceIo & { readonly randoms: Tensor; readonly settings: GPUBuffer },
  vocabSize: number,
  threads = threadsFor(gpu),
): Dispatch {
  const constants = constantsOf(io, vocabSize, threads);
  const pipeline = compileKernel(gpu, { name: "token-choice-top-p", code: topPCode, constants });
  return createDispatch(
    gpu,
    "token-choice-top-p",
    pipeline,
    [io.logits, io.tokens, io.next, io.randoms, io.settings],
    [1],
  );
}

function constantsOf(io: ChoiceIo, vocabSize: number, threads: number): Record<string, number> {
  return { VOCAB: vocabSize, SLOTS: (io.tokens.shape[0] ?? 1) - 1, THREADS: threads };
}

/** Software adapters compile code that zeroes each word of workgroup memory, so few threads are opened sooner. */
function threadsFor(gpu: Gpu): number {
  return gpu.adapter.software ? 16 : 256;
}
