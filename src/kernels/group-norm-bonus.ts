import code from "../../shaders/group-norm-bonus.wgsl?raw";
import sumCode from "../../shaders/lib/lane-sum.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowLanes } from "./row-lanes.ts";
import { rowStride } from "./row-stride.ts";

type GroupNormBonusIo = {
  /** [.., batchRows, C]: r, k, v first */
  readonly inputs: Tensor;
  /** [C]: p */
  readonly bonus: Tensor;
  /** [T, C] */
  readonly gate: Tensor;
  /** [C] */
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** [T, C] */
  readonly y: Tensor;
};

type GroupNormBonusOptions = {
  readonly width: number;
  readonly headSize: number;
  readonly eps: number;
  readonly batchRows: number;
  /** Threads a head, a power of two; what suits the adapter unless given. */
  readonly lanes?: number;
};

/** y ← (GroupNorm(y) + (Σ r ⊙ k ⊙ p) v) ⊙ gate in place, with one group and one sum a head (RWKV-7's output). */
export function groupNormBonus(gpu: Gpu, io: GroupNormBonusIo, options: GroupNormBonusOptions): Dispatch {
  const { width, headSize, eps, batchRows, lanes = rowLanes(gpu, headSize) } = options;
  const constants = { HEAD: headSize, STRIDE: rowStride(width), BATCH: batchRows, EPS: eps, LANES: lanes };
  const pipeline = compileKernel(gpu, { name: "group-norm-bonus", code: sumCode + code, constants });
  const bindings = [io.inputs, io.bonus, io.gate, io.weight, io.bias, io.y];
  return createDispatch(gpu, `${io.y.label}.group-norm`, pipeline, bindings, (rows) => [width / headSize, rows]);
}
