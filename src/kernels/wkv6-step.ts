import sumCode from "../../shaders/lib/lane-sum.wgsl?raw";
import code from "../../shaders/wkv6-step.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowLanes } from "./row-lanes.ts";
import { rowStride } from "./row-stride.ts";

type Wkv6StepIo = {
  /** [4, batchRows, C]: k, v, r, g, of which the first row of each is read */
  readonly kvrg: Tensor;
  /** [C]: w = exp(−exp ω), in (0, 1) */
  readonly decay: Tensor;
  /** [C]: u */
  readonly bonus: Tensor;
  /** [C]: of the group norm */
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** [H, N, N], read and written */
  readonly state: GPUBufferBinding;
  /** [C] */
  readonly y: Tensor;
};

type Wkv6StepOptions = {
  readonly width: number;
  readonly headSize: number;
  readonly batchRows: number;
  readonly eps: number;
  /** Threads a head, a power of two; what suits the adapter unless given. */
  readonly lanes?: number;
};

/** `wkv6` and `groupNormGate` of one token in one dispatch: the recurrence, and its output normed and gated. */
export function wkv6Step(gpu: Gpu, io: Wkv6StepIo, options: Wkv6StepOptions): Dispatch {
  const { width, headSize, batchRows, eps, lanes = rowLanes(gpu, headSize) } = options;
  const constants = { HEAD: headSize, BATCH_STRIDE: batchRows * rowStride(width), EPS: eps, LANES: lanes };
  const pipeline = compileKernel(gpu, { name: "wkv6-step", code: sumCode + code, constants });
  const bindings = [io.kvrg, io.decay, io.bonus, io.weight, io.bias, io.state, io.y];
  return createDispatch(gpu, `${io.y.label}.wkv6-step`, pipeline, bindings, [width / headSize]);
}
