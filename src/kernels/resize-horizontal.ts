import code from "../../shaders/resize-horizontal.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Resizes every row of `picture` [H, W] into `rows` [H, S], both u32 packed R, G, B, 0, as Pillow's first pass does.
 *
 * @param io.params uniform [W, H, K]
 * @param io.weights [S, 2 + K] i32, see `resampleWeights`
 * @param options.size S
 */
export function resizeHorizontal(
  gpu: Gpu,
  io: { readonly params: GPUBuffer; readonly picture: Tensor; readonly weights: Tensor; readonly rows: Tensor },
  options: { readonly size: number; readonly height: number },
): Dispatch {
  const { size, height } = options;
  assert(io.rows.byteLength >= height * size * 4, `${io.rows.label}: too short for ${height} rows of ${size}`);
  assert(io.weights.shape[0] === size, `${io.weights.label}: expected ${size} rows, got ${io.weights.shape[0]}`);
  const pipeline = compileKernel(gpu, { name: "resize-horizontal", code, constants: { SIZE: size } });
  const groups = [Math.ceil(size / 16), Math.ceil(height / 4)];
  return createDispatch(gpu, "resize-horizontal", pipeline, [io.params, io.picture, io.weights, io.rows], groups);
}
