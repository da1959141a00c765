import code from "../../shaders/group-norm-gate.wgsl?raw";
import sumCode from "../../shaders/lib/lane-sum.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowLanes } from "./row-lanes.ts";
import { rowStride } from "./row-stride.ts";

type GroupNormGateIo = {
  /** Holds g [T, C] from element `gateOffset` on. */
  readonly gate: Tensor;
  /** [C] */
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** [T, C] */
  readonly y: Tensor;
};

type GroupNormGateOptions = {
  readonly width: number;
  readonly headSize: number;
  readonly eps: number;
  readonly gateOffset: number;
  /** Threads a head, a power of two; what suits the adapter unless given. */
  readonly lanes?: number;
};

/** y ← GroupNorm(y) ⊙ silu(g) in place, with one group a head. */
export function groupNormGate(gpu: Gpu, io: GroupNormGateIo, options: GroupNormGateOptions): Dispatch {
  const { width, headSize, eps, gateOffset, lanes = rowLanes(gpu, headSize) } = options;
  const constants = { HEAD: headSize, STRIDE: rowStride(width), GATE_OFFSET: gateOffset, EPS: eps, LANES: lanes };
  const pipeline = compileKernel(gpu, { name: "group-norm-gate", code: sumCode + code, constants });
  const bindings = [io.gate, io.weight, io.bias, io.y];
  return createDispatch(gpu, `${io.y.label}.group-norm`, pipeline, bindings, (rows) => [width / headSize, rows]);
}
