import code from "../../shaders/group-norm-gate.wgsl?raw";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { rowStride } from "./row-stride.ts";

/**
 * y ← GroupNorm(y) ⊙ silu(g) in place, with one group a head.
 *
 * @param io.y [T, C] · `io.gate` holds g [T, C] from element `gateOffset` on
 */
export function groupNormGate(
  gpu: Gpu,
  io: {
    readonly gate: Tensor;
    readonly weight: Tensor;
    readonly bias: Tensor;
    readonly y: Tensor;
    readonly rows: GPUBuffer;
  },
  options: { readonly width: number; readonly headSize: number; readonly eps: number; readonly gateOffset: number },
): Dispatch {
  const { width, headSize, eps, gateOffset } = options;
  const heads = width / headSize;
  const constants = { HEAD: headSize, HEADS: heads, STRIDE: rowStride(width), GATE_OFFSET: gateOffset, EPS: eps };
  const pipeline = compileKernel(gpu, { name: "group-norm-gate", code, constants });
  const bindings = [io.gate, io.weight, io.bias, io.y, io.rows];
  return createDispatch(gpu, `${io.y.label}.group-norm`, pipeline, bindings, (rows) => [
    Math.ceil((rows * heads) / 32),
  ]);
}
