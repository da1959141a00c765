import code from "../../shaders/token-shift.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

/**
 * Linear interpolation of each row with the one before it: out[i, t] = x[t] + (x[t−1] − x[t]) ⊙ mix[i] (RWKV's token shift).
 *
 * @param io.x [T, C] · `io.shift` x[−1] [C] · `io.mix` [n, C] · `io.out` [n, batchRows, C]
 */
export function tokenShift(
  gpu: Gpu,
  io: {
    readonly x: Tensor;
    readonly shift: GPUBufferBinding;
    readonly mix: Tensor;
    readonly out: Tensor;
  },
  options: { readonly width: number; readonly mixes: number; readonly batchRows: number },
): Dispatch {
  const stride = rowStride(options.width);
  const constants = {
    STRIDE: stride,
    MIXES: options.mixes,
    BATCH: options.batchRows,
  };
  const pipeline = compileKernel(gpu, { name: "token-shift", code, constants });
  const bindings = [io.x, io.shift, io.mix, io.out];
  return createDispatch(gpu, `${io.out.label}.token-shift`, pipeline, bindings, (rows) => [
    Math.ceil(stride / 256),
    rows,
  ]);
}
