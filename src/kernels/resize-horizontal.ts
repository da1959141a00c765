import code from "../../shaders/resize-horizontal.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Resizes every line of `picture` (its rows, or its columns) into `rows` [L, S], both u32 packed R, G, B, 0, as Pillow's
 * first pass does.
 *
 * @param io.params uniform [L, distance of two lines, distance of two pixels of a line, K]
 * @param io.weights [S, 2 + K] i32, see `resampleWeights`
 * @param options.size S
 */
export function resizeHorizontal(
  gpu: Gpu,
  io: { readonly params: GPUBuffer; readonly picture: Tensor; readonly weights: Tensor; readonly rows: Tensor },
  options: { readonly size: number; readonly lines: number },
): Dispatch {
  const { size, lines } = options;
  assert(io.rows.byteLength >= lines * size * 4, `${io.rows.label}: too short for ${lines} rows of ${size}`);
  assert(io.weights.shape[0] === size, `${io.weights.label}: expected ${size} rows, got ${io.weights.shape[0]}`);
  const pipeline = compileKernel(gpu, { name: "resize-horizontal", code, constants: { SIZE: size } });
  const groups = [Math.ceil(size / 16), Math.ceil(lines / 4)];
  return createDispatch(gpu, "resize-horizontal", pipeline, [io.params, io.picture, io.weights, io.rows], groups);
}
