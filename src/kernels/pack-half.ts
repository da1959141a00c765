import code from "../../shaders/pack-half.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Rounds the first n elements of `values` f32 to f16 in `packed`.
 *
 * @param io.count uniform with n / 2 in its first word (n is even)
 */
export function packHalf(
  gpu: Gpu,
  io: { readonly values: Tensor; readonly packed: Tensor; readonly count: GPUBuffer },
): Dispatch {
  const pipeline = compileKernel(gpu, { name: "pack-half", code });
  return createDispatch(gpu, `${io.packed.label}.pack-half`, pipeline, [io.values, io.packed, io.count], [64]);
}
