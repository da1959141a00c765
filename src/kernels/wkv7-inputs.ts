import sumCode from "../../shaders/lib/lane-sum.wgsl?raw";
import code from "../../shaders/wkv7-inputs.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowLanes } from "./row-lanes.ts";
import { rowStride } from "./row-stride.ts";

type Wkv7InputsIo = {
  /** [6, batchRows, C]: r, k and v are read, k and v are changed, the decay w, κ and β are written */
  readonly inputs: Tensor;
  /** [2, batchRows, ranks.width]: x_v·V1 and x_a·A1; in the first layer only x_a·A1 */
  readonly ranks: Tensor;
  /** [T, ranks.decay]: tanh(x_w·W1) */
  readonly decayRanks: Tensor;
  /** [ranks.value + ranks.rate + ranks.decay, C]: V2, A2, W2 */
  readonly up: Tensor;
  /** [5, C]: w0, a0, k_k, k_a, v0; in the first layer without v0 */
  readonly params: Tensor;
  /** [T, C]: v of the first layer, written by the first, read by the others */
  readonly vFirst: Tensor;
  /** Uniform with T in its first word. */
  readonly rows: GPUBuffer;
};

/** Ranks of the factors behind v's mix, the rate a and the decay; `value` is 0 in the first layer, `width` that of a row of `ranks`. */
export type Wkv7Ranks = {
  readonly value: number;
  readonly rate: number;
  readonly decay: number;
  readonly width: number;
};

type Wkv7InputsOptions = {
  readonly width: number;
  readonly headSize: number;
  readonly ranks: Wkv7Ranks;
  readonly batchRows: number;
  /** Threads a head, a power of two; what suits the adapter unless given. */
  readonly lanes?: number;
};

/** The inputs of RWKV-7's recurrence: decay, in-context rate, value residual and normalised key (Goose, arXiv 2503.14456, §4.1). */
export function wkv7Inputs(gpu: Gpu, io: Wkv7InputsIo, options: Wkv7InputsOptions): Dispatch {
  const { width, headSize, ranks, batchRows, lanes = rowLanes(gpu, headSize) } = options;
  const constants = {
    HEAD: headSize,
    STRIDE: rowStride(width),
    BATCH: batchRows,
    V_RANK: ranks.value,
    A_RANK: ranks.rate,
    W_RANK: ranks.decay,
    RANK_STRIDE: rowStride(ranks.width),
    LANES: lanes,
  };
  const pipeline = compileKernel(gpu, { name: "wkv7-inputs", code: sumCode + code, constants });
  const bindings = [io.inputs, io.ranks, io.decayRanks, io.up, io.params, io.vFirst, io.rows];
  return createDispatch(gpu, `${io.inputs.label}.wkv7-inputs`, pipeline, bindings, (rows) => [
    width / headSize,
    Math.ceil(rows / 4),
  ]);
}
