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
  /** [3, batchRows, C]: what the low-rank factors add to v0, a0 and w0; v0's is not read in the first layer */
  readonly raised: Tensor;
  /** [5, C]: w0, a0, k_k, k_a, v0; in the first layer without v0 */
  readonly params: Tensor;
  /** [T, C]: v of the first layer, written by the first, read by the others */
  readonly vFirst: Tensor;
};

type Wkv7InputsOptions = {
  readonly width: number;
  readonly headSize: number;
  readonly batchRows: number;
  /** Whether this is the first layer, whose v is v_first. */
  readonly first: boolean;
  /** Threads a head, a power of two; what suits the adapter unless given. */
  readonly lanes?: number;
};

/** The inputs of RWKV-7's recurrence: decay, in-context rate, value residual and normalised key (Goose, arXiv 2503.14456, §4.1). */
export function wkv7Inputs(gpu: Gpu, io: Wkv7InputsIo, options: Wkv7InputsOptions): Dispatch {
  const { width, headSize, batchRows, first, lanes = rowLanes(gpu, headSize) } = options;
  const constants = {
    HEAD: headSize,
    STRIDE: rowStride(width),
    BATCH: batchRows,
    FIRST: first ? 1 : 0,
    LANES: lanes,
  };
  const pipeline = compileKernel(gpu, { name: "wkv7-inputs", code: sumCode + code, constants });
  const bindings = [io.inputs, io.raised, io.params, io.vFirst];
  return createDispatch(gpu, `${io.inputs.label}.wkv7-inputs`, pipeline, bindings, (rows) => [width / headSize, rows]);
}
