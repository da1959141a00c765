import stateCode from "../../shaders/lib/wkv-state.wgsl?raw";
import code from "../../shaders/wkv7.wgsl?raw";
import directCode from "../../shaders/wkv7-direct.wgsl?raw";
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

/** Threads of a workgroup of wkv7-direct.wgsl. */
const directThreads = 4;

type Wkv7Io = {
  /** [6, batchRows, C]: r, k, v, the decay w, κ and β */
  readonly inputs: Tensor;
  /** [H, N, N] by key index, then value index; read and written */
  readonly state: GPUBufferBinding;
  /** [T, C] */
  readonly y: Tensor;
  readonly rows: GPUBuffer;
};

type Wkv7Options = {
  readonly width: number;
  readonly headSize: number;
  readonly batchRows: number;
  /** `shared`: the threads of a column meet once a token; `direct`: one thread a column. What suits the adapter unless given. */
  readonly variant?: "shared" | "direct";
};

/**
 * RWKV-7's recurrence over T tokens, reading and leaving the state of one layer (Goose, arXiv 2503.14456, §4):
 * S ← S·(diag(w) − κᵀβ) + vᵀk, then y = S·r.
 *
 * @param options.width C = H·N · `headSize` N, at most 1024
 */
export function wkv7(gpu: Gpu, io: Wkv7Io, options: Wkv7Options): Dispatch {
  const { width, headSize, batchRows, variant = gpu.adapter.software ? "direct" : "shared" } = options;
  const bindings = [io.inputs, io.state, io.y, io.rows];
  const label = `${io.y.label}.wkv7`;
  const sizes = { HEAD: headSize, STRIDE: rowStride(width), BATCH: batchRows };
  const heads = width / headSize;
  if (variant === "direct") {
    const pipeline = compileKernel(gpu, { name: "wkv7-direct", code: directCode, constants: sizes });
    return createDispatch(gpu, label, pipeline, bindings, [
      Math.ceil(headSize / (directThreads * threadColumns)),
      heads,
    ]);
  }
  const parts = Math.ceil(headSize / threadRows);
  assert(parts <= mostThreads, `a head of ${headSize} exceeds ${mostThreads * threadRows} rows`);
  const groups = Math.min(4, Math.floor(mostThreads / parts));
  const constants = { ...sizes, PARTS: parts, GROUPS: groups };
  const pipeline = compileKernel(gpu, { name: "wkv7", code: stateCode + code, constants });
  return createDispatch(gpu, label, pipeline, bindings, [Math.ceil(headSize / (groups * threadColumns)), heads]);
}
