import code from "../../shaders/layer-norm.wgsl?raw";
import sumCode from "../../shaders/lib/lane-sum.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowLanes } from "./row-lanes.ts";
import { rowStride } from "./row-stride.ts";

type LayerNormIo = {
  /** [T, C] */
  readonly x: Tensor;
  /** [C] */
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** [T, C] */
  readonly y: Tensor;
  /** Uniform with T in its first word. */
  readonly rows: GPUBuffer;
};

/**
 * Layer normalisation of each row of `x` [T, C] into `y` [T, C].
 *
 * @param options.width C; rows lie `rowStride(C)` apart
 * @param options.lastOnly normalise only row T − 1, into row 0 of `y`
 * @param options.lanes threads a row, a power of two; what suits the adapter unless given
 */
export function layerNorm(
  gpu: Gpu,
  io: LayerNormIo,
  options: { readonly width: number; readonly eps: number; readonly lastOnly?: boolean; readonly lanes?: number },
): Dispatch {
  const { width, eps, lastOnly = false, lanes = rowLanes(gpu, width) } = options;
  const constants = { WIDTH: width, STRIDE: rowStride(width), EPS: eps, LAST_ONLY: lastOnly ? 1 : 0, LANES: lanes };
  const pipeline = compileKernel(gpu, { name: "layer-norm", code: sumCode + code, constants });
  const bindings = [io.x, io.weight, io.bias, io.y, io.rows];
  return createDispatch(gpu, `${io.y.label}.layer-norm`, pipeline, bindings, (rows) => [lastOnly ? 1 : rows]);
}
