import code from "../../shaders/wkv6.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

/** Rows of the state that a thread keeps in registers. */
const blockRows = 64;

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
 * @param options.width C = H·N · `headSize` N, at most the adapter's workgroup size
 */
export function wkv6(
  gpu: Gpu,
  io: Wkv6Io,
  options: { readonly width: number; readonly headSize: number; readonly batchRows: number },
): Dispatch[] {
  const { width, headSize, batchRows } = options;
  const most = gpu.device.limits.maxComputeInvocationsPerWorkgroup;
  assert(headSize <= most, `a head of ${headSize} exceeds the adapter's ${most} threads`);
  const dispatches: Dispatch[] = [];
  for (let firstRow = 0; firstRow < headSize; firstRow += blockRows) {
    const constants = {
      HEAD: headSize,
      STRIDE: rowStride(width),
      BATCH: batchRows,
      FIRST_ROW: firstRow,
      BLOCK: Math.min(blockRows, headSize - firstRow),
    };
    const pipeline = compileKernel(gpu, { name: "wkv6", code, constants });
    const bindings = [io.kvrg, io.decay, io.bonus, io.state, io.y, io.rows];
    dispatches.push(createDispatch(gpu, `${io.y.label}.wkv6`, pipeline, bindings, [width / headSize]));
  }
  return dispatches;
}
