import code from "../../shaders/resize-vertical.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Resizes `rows` [L, S] (u32, packed R, G, B, 0) across its lines as Pillow's second pass does, and writes the 8-bit
 * results, normalised, into one picture of `pixels` [F, 3, S, S] f32.
 *
 * @param io.params uniform [slot, K, 1 where the lines are columns of the picture]
 * @param io.weights [S, 2 + K] i32, see `resampleWeights`
 * @param io.normalized [3, 256] f32: what each 8-bit value becomes in each channel
 * @param options.size S
 */
export function resizeVertical(
  gpu: Gpu,
  io: {
    readonly params: GPUBuffer;
    readonly rows: Tensor;
    readonly weights: Tensor;
    readonly normalized: Tensor;
    readonly pixels: Tensor;
  },
  options: { readonly size: number },
): Dispatch {
  const { size } = options;
  assert(io.weights.shape[0] === size, `${io.weights.label}: expected ${size} rows, got ${io.weights.shape[0]}`);
  assert(io.normalized.byteLength === 3 * 256 * 4, `${io.normalized.label}: expected [3, 256]`);
  assert(io.pixels.byteLength % (3 * size * size * 4) === 0, `${io.pixels.label}: expected [F, 3, ${size}, ${size}]`);
  const pipeline = compileKernel(gpu, { name: "resize-vertical", code, constants: { SIZE: size } });
  const groups = [Math.ceil(size / 16), Math.ceil(size / 4)];
  const bindings = [io.params, io.rows, io.weights, io.normalized, io.pixels];
  return createDispatch(gpu, "resize-vertical", pipeline, bindings, groups);
}
