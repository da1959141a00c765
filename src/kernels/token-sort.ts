import stepCode from "../../shaders/lib/token-step.wgsl?raw";
import code from "../../shaders/token-sort.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { TokenStep } from "./token-step.ts";

/** Elements of `tokenSort`'s scratch memory for each frame. */
export function sortScratchLength(tokens: number): number {
  return 4 * tokens + 1; // at most ⌈T / 2⌉ + T + 2 T
}

/**
 * From `tokenMatch`'s `best` and `nearest` [F, ceil(T / 2)], decides what `tokenMerge` does: the `removed` most similar
 * even tokens go into their nearest odd one; the others, in order, come before all odd ones; then they are sorted by
 * size, stably. Writes sizes [F, M], the token that each new one continues into `kept` [F, M], what else is merged into it as a chain
 * through `next` [F, T], and moves `owners` [F, N] on to the new tokens.
 *
 * @param options.frames the most; how many it is, is said when recording (`rows`)
 * @param options.patches N
 */
export function tokenSort(
  gpu: Gpu,
  io: {
    readonly best: Tensor;
    readonly nearest: Tensor;
    readonly sizeIn: Tensor;
    readonly sizeOut: Tensor;
    readonly kept: Tensor;
    readonly next: Tensor;
    readonly owners: Tensor;
    /** [F, sortScratchLength(T)] u32, any content. */
    readonly scratch: Tensor;
  },
  step: TokenStep,
  options: { readonly frames: number; readonly patches: number },
): Dispatch {
  const { frames, patches } = options;
  const { tokens, removed } = step;
  const left = tokens - removed;
  assert(io.sizeIn.byteLength >= frames * tokens * 4, `${io.sizeIn.label}: too short`);
  assert(io.sizeOut.byteLength >= frames * left * 4, `${io.sizeOut.label}: too short`);
  assert(io.kept.byteLength >= frames * left * 4, `${io.kept.label}: too short`);
  assert(io.next.byteLength >= frames * tokens * 4, `${io.next.label}: too short`);
  assert(io.owners.byteLength >= frames * patches * 4, `${io.owners.label}: too short`);
  assert(io.scratch.byteLength >= frames * sortScratchLength(tokens) * 4, `${io.scratch.label}: too short`);
  const constants = { PATCHES: patches, THREADS: patches <= 128 ? 64 : 256 };
  const pipeline = compileKernel(gpu, { name: "token-sort", code: stepCode + code, constants });
  const bindings = [io.best, io.nearest, io.sizeIn, io.sizeOut, io.kept, io.next, io.owners, io.scratch, step.uniform];
  return createDispatch(gpu, `${io.sizeOut.label}.sort`, pipeline, bindings, (recorded) => [recorded]);
}
