import code from "../../shaders/layer-norm.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

type LayerNormIo = {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly y: Tensor;
  /** Uniform with T in its first word. */
  readonly rows: GPUBuffer;
  /** Receives a copy of y's last row [C] when `keepLast`; any other scratch memory when not. */
  readonly carry: Tensor | GPUBufferBinding;
};

/**
 * Layer normalisation of each row of `x` [T, C] into `y` [T, C].
 *
 * @param options.width C; rows lie `rowStride(C)` apart
 * @param options.keepLast whether the last row is also copied to `carry`
 * @param options.lastOnly normalise only row T − 1, into row 0 of `y`
 */
export function layerNorm(
  gpu: Gpu,
  io: LayerNormIo,
  options: { readonly width: number; readonly eps: number; readonly keepLast?: boolean; readonly lastOnly?: boolean },
): Dispatch {
  const { width, eps, keepLast = false, lastOnly = false } = options;
  const constants = {
    WIDTH: width,
    STRIDE: rowStride(width),
    EPS: eps,
    LAST_ONLY: lastOnly ? 1 : 0,
    CARRY: keepLast ? 1 : 0,
  };
  const pipeline = compileKernel(gpu, { name: "layer-norm", code, constants });
  const bindings = [io.x, io.weight, io.bias, io.y, io.carry, io.rows];
  return createDispatch(gpu, `${io.y.label}.layer-norm`, pipeline, bindings, (rows) => [lastOnly ? 1 : rows]);
}
