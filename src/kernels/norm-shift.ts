import sumCode from "../../shaders/lib/lane-sum.wgsl?raw";
import code from "../../shaders/norm-shift.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowLanes } from "./row-lanes.ts";
import { rowStride } from "./row-stride.ts";

type NormShiftIo = {
  /** [T, C] */
  readonly x: Tensor;
  /** [C] */
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** [C]: x̂[−1] */
  readonly shift: GPUBufferBinding;
  /** [mixes, C] */
  readonly mix: Tensor;
  /** [T, C]: x̂ */
  readonly normed: Tensor;
  /** [mixes, batchRows, C] */
  readonly shifted: Tensor;
  /** [C]: receives x̂[T − 1]; another buffer than `shift`, which row 0 may yet have to read */
  readonly carry: GPUBufferBinding;
  /** Uniform with T in its first word. */
  readonly rows: GPUBuffer;
};

type NormShiftOptions = {
  readonly width: number;
  readonly eps: number;
  readonly mixes: number;
  readonly batchRows: number;
  /** Threads a row, a power of two; what suits the adapter unless given. */
  readonly lanes?: number;
};

/**
 * Layer normalisation x̂ of each row of x and the interpolation of each x̂ with the one before it (RWKV's token shift):
 * shifted[i, t] = x̂[t] + (x̂[t−1] − x̂[t]) ⊙ mix[i].
 */
export function normShift(gpu: Gpu, io: NormShiftIo, options: NormShiftOptions): Dispatch {
  const { width, eps, mixes, batchRows, lanes = rowLanes(gpu, width) } = options;
  const constants = {
    WIDTH: width,
    STRIDE: rowStride(width),
    EPS: eps,
    MIXES: mixes,
    BATCH: batchRows,
    LANES: lanes,
  };
  const pipeline = compileKernel(gpu, { name: "norm-shift", code: sumCode + code, constants });
  const bindings = [io.x, io.weight, io.bias, io.shift, io.mix, io.normed, io.shifted, io.carry, io.rows];
  return createDispatch(gpu, `${io.shifted.label}.norm-shift`, pipeline, bindings, (rows) => [rows]);
}
