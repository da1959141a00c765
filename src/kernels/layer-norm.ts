import code from "../../shaders/layer-norm.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

/**
 * Layer normalisation of each row of `x` [T, C] into rows `rowOffset`… of `y` [rowOffset + T, C].
 *
 * @param options.width C; rows lie `rowStride(C)` apart
 * @param options.rows T
 */
export function layerNorm(
  gpu: Gpu,
  io: { readonly x: Tensor; readonly weight: Tensor; readonly bias: Tensor; readonly y: Tensor },
  options: { readonly width: number; readonly rows: number; readonly eps: number; readonly rowOffset?: number },
): Dispatch {
  const { width, rows, eps, rowOffset = 0 } = options;
  const stride = rowStride(width);
  assert(io.x.byteLength >= rows * stride * 4, `${io.x.label}: too short for ${rows} rows of ${stride}`);
  assert(
    io.y.byteLength >= (rows + rowOffset) * stride * 4,
    `${io.y.label}: too short for ${rows + rowOffset} rows of ${stride}`,
  );
  const constants = { WIDTH: width, STRIDE: stride, EPS: eps, ROW_OFFSET: rowOffset };
  const pipeline = compileKernel(gpu, { name: "layer-norm", code, constants });
  return createDispatch(gpu, `${io.y.label}.layer-norm`, pipeline, [io.x, io.weight, io.bias, io.y], [rows]);
}
