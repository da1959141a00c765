import stepCode from "../../shaders/lib/token-step.wgsl?raw";
import code from "../../shaders/token-merge.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { TokenStep } from "./token-step.ts";

/**
 * Merges tokens of `x` [F, T, D] into `y` [F, T − removed, D] as `tokenSort` decided: means weighted by `size` [F, T].
 * Rows are dense, as onnxruntime has them.
 *
 * @param options.frames the most; how many it is, is said when recording (`rows`)
 * @param options.width D
 */
export function tokenMerge(
  gpu: Gpu,
  io: {
    readonly x: Tensor;
    readonly size: Tensor;
    readonly kept: Tensor;
    readonly next: Tensor;
    readonly y: Tensor;
  },
  step: TokenStep,
  options: { readonly frames: number; readonly width: number },
): Dispatch {
  const { frames, width } = options;
  const { tokens, removed } = step;
  const left = tokens - removed;
  assert(io.x.byteLength >= frames * tokens * width * 4, `${io.x.label}: too short`);
  assert(io.y.byteLength >= frames * left * width * 4, `${io.y.label}: too short`);
  const constants = { WIDTH: width };
  const pipeline = compileKernel(gpu, { name: "token-merge", code: stepCode + code, constants });
  const workgroups = (recorded: number) => [Math.ceil((left * width) / 64), recorded];
  const bindings = [io.x, io.size, io.kept, io.next, io.y, step.uniform];
  return createDispatch(gpu, `${io.y.label}.merge`, pipeline, bindings, workgroups);
}
