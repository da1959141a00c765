import subgroupsCode from "../../shaders/lib/enable-subgroups.wgsl?raw";
import stateCode from "../../shaders/lib/wkv-state.wgsl?raw";
import directCode from "../../shaders/wkv6.wgsl?raw";
import subgroupCode from "../../shaders/wkv6-subgroup.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

/** Rows and columns of the state that a thread keeps in registers, and most threads of a workgroup. */
const threadRows = 8;
const threadColumns = 4;
const mostThreads = 128;

type Wkv6Io = {
  /** [4, batchRows, C]: k, v, r, g */
  readonly kvrg: Tensor;
  /** [T, C]: w = exp(−exp ω), in (0, 1) */
  readonly decay: Tensor;
  /** [C]: u */
  readonly bonus: Tensor;
  /** [H, N, N], read and written */
  readonly state: GPUBufferBinding;
  /** [T, C] */
  readonly y: Tensor;
  readonly rows: GPUBuffer;
};

/**
 * RWKV-6's recurrence over T tokens, reading and leaving the state of one layer (Finch, arXiv 2404.05892, §4.2).
 *
 * @param options.width C = H·N · `headSize` N, at most 1024
 * @param options.steps tokens between two barriers; what suits the adapter unless given
 */
export function wkv6(
  gpu: Gpu,
  io: Wkv6Io,
  options: {
    readonly width: number;
    readonly headSize: number;
    readonly batchRows: number;
    readonly steps?: number;
  },
): Dispatch {
  // Software adapters compile code that zeroes each word of workgroup memory, so little of it is opened sooner.
  const { width, headSize, batchRows, steps = gpu.adapter.software ? 1 : 8 } = options;
  const parts = Math.ceil(headSize / threadRows);
  assert(parts <= mostThreads, `a head of ${headSize} exceeds ${mostThreads * threadRows} rows`);
  const groups = Math.min(4, Math.floor(mostThreads / parts));
  const constants = { HEAD: headSize, PARTS: parts, STRIDE: rowStride(width), BATCH: batchRows };
  // Four threads that compute as one on the CPU lose less by handing each other what they loaded than by loads.
  const pipeline =
    gpu.adapter.software && gpu.subgroupSize === 4 && groups === 4 && steps === 1
      ? compileKernel(gpu, { name: "wkv6-subgroup", code: subgroupsCode + stateCode + subgroupCode, constants })
      : compileKernel(gpu, {
          name: "wkv6",
          code: stateCode + directCode,
          constants: { ...constants, GROUPS: groups, STEPS: steps },
        });
  const bindings = [io.kvrg, io.decay, io.bonus, io.state, io.y, io.rows];
  return createDispatch(gpu, `${io.y.label}.wkv6`, pipeline, bindings, [
    Math.ceil(headSize / (groups * threadColumns)),
    width / headSize,
  ]);
}
