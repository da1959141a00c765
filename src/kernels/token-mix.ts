import code from "../../shaders/token-mix.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

type TokenMixIo = {
  /** [T, C] */
  readonly x: Tensor;
  /** [C]: x[−1] */
  readonly shift: GPUBufferBinding;
  /** [5, C], in the order w, k, v, r, g */
  readonly mix: Tensor;
  /** [T, 5·D]: tanh(z·W1) */
  readonly m: Tensor;
  /** [5, D, C]: W2 */
  readonly up: Tensor;
  /** [5, batchRows, C] */
  readonly out: Tensor;
  /** Uniform with T in its first word. */
  readonly rows: GPUBuffer;
};

/** RWKV-6's data-dependent token shift: the inputs of w, k, v, r, g (Finch, arXiv 2404.05892, §4.1). */
export function tokenMix(
  gpu: Gpu,
  io: TokenMixIo,
  options: { readonly width: number; readonly rank: number; readonly batchRows: number },
): Dispatch {
  const constants = {
    WIDTH: options.width,
    STRIDE: rowStride(options.width),
    RANK: options.rank,
    RANK_STRIDE: rowStride(5 * options.rank),
    BATCH: options.batchRows,
  };
  const pipeline = compileKernel(gpu, { name: "token-mix", code, constants });
  const bindings = [io.x, io.shift, io.mix, io.m, io.up, io.out, io.rows];
  return createDispatch(gpu, `${io.out.label}.token-mix`, pipeline, bindings, (rows) => [
    Math.ceil(options.width / 64),
    Math.ceil(rows / 4),
    5,
  ]);
}
