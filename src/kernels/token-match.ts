import stepCode from "../../shaders/lib/token-step.wgsl?raw";
import code from "../../shaders/token-match.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";
import type { TokenStep } from "./token-step.ts";

/**
 * Finds for each token at an even position of `metric` [F, T, rowStride(d)] the most similar one at an odd position of the same
 * frame (ToMe, Bolya et al. 2023, section 3): its cosine into `best` and its index among the odd ones into `nearest`,
 * both [F, ceil(T / 2)].
 * A protected token 0 gets the lowest possible `best`, so that it is never merged away.
 *
 * @param options.frames the most; how many it is, is said when recording (`rows`)
 * @param options.width d
 */
export function tokenMatch(
  gpu: Gpu,
  io: { readonly metric: Tensor; readonly best: Tensor; readonly nearest: Tensor },
  step: TokenStep,
  options: { readonly frames: number; readonly width: number },
): Dispatch {
  const { frames, width } = options;
  const { tokens } = step;
  const rows = Math.ceil(tokens / 2);
  assert(io.metric.byteLength >= frames * tokens * rowStride(width) * 4, `${io.metric.label}: too short`);
  assert(io.best.byteLength >= frames * rows * 4, `${io.best.label}: too short`);
  assert(io.nearest.byteLength >= frames * rows * 4, `${io.nearest.label}: too short`);
  const constants = { WIDTH: rowStride(width) / 4 };
  const pipeline = compileKernel(gpu, { name: "token-match", code: stepCode + code, constants });
  const workgroups = (recorded: number) => [Math.ceil(rows / 8), recorded];
  const bindings = [io.metric, io.best, io.nearest, step.uniform];
  return createDispatch(gpu, `${io.metric.label}.match`, pipeline, bindings, workgroups);
}
