import tilesCode from "../../shaders/lib/blocked-tiles.wgsl?raw";
import halfCode from "../../shaders/lib/enable-f16.wgsl?raw";
import subgroupsCode from "../../shaders/lib/enable-subgroups.wgsl?raw";
import inPackedCode from "../../shaders/lib/in-packed.wgsl?raw";
import inSingleCode from "../../shaders/lib/in-single.wgsl?raw";
import subgroupLanesCode from "../../shaders/lib/lanes-subgroup.wgsl?raw";
import treeCode from "../../shaders/lib/lanes-tree.wgsl?raw";
import ioCode from "../../shaders/lib/linear-io.wgsl?raw";
import weightsCode from "../../shaders/lib/linear-weights.wgsl?raw";
import packedDotCode from "../../shaders/lib/packed-dot.wgsl?raw";
import packedHalfCode from "../../shaders/lib/packed-half.wgsl?raw";
import singleCode from "../../shaders/lib/products-single.wgsl?raw";
import decodeCode from "../../shaders/linear-decode.wgsl?raw";
import prefillCode from "../../shaders/linear-prefill.wgsl?raw";
import blockedCode from "../../shaders/linear-prefill-blocked.wgsl?raw";
import directCode from "../../shaders/linear-prefill-direct.wgsl?raw";
import dotCode from "../../shaders/linear-prefill-dot.wgsl?raw";
import blockedHalfCode from "../../shaders/linear-prefill-half.wgsl?raw";
import subgroupCode from "../../shaders/linear-prefill-subgroup.wgsl?raw";
import groupedCode from "../../shaders/linear-prefill-subgroup-quantised.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel, type KernelSource } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import {
  type BlockedVariant,
  blockedShapes,
  type DecodeLanes,
  type DecodeVariant,
  linearVariants,
  type PrefillVariant,
} from "./linear-variants.ts";
import { type LinearPiece, type LinearWeights, linearFormats } from "./linear-weights.ts";
import { rowStride } from "./row-stride.ts";

const libraries = ioCode + weightsCode;

/** What happens to x·wᵀ (+ bias): `decay` is exp(−exp(s)). */
export type LinearActivation = "none" | "tanh" | "relu-squared" | "sigmoid" | "decay";

const activationNumber: Record<LinearActivation, number> = {
  none: 0,
  tanh: 1,
  "relu-squared": 2,
  sigmoid: 3,
  decay: 4,
};

export type LinearIo = {
  /** [B, T, K], or a part of a buffer with these elements */
  readonly x: Tensor | GPUBufferBinding;
  readonly w: LinearWeights;
  /** [B, T, N], likewise */
  readonly y: Tensor | GPUBufferBinding;
};

export type LinearOptions = {
  readonly activation?: LinearActivation;
  /** Added to the product before the activation, [N]. */
  readonly bias?: Tensor;
  /** `store` replaces y, `add` adds to it, `add-gated` adds `gate` ⊙ the result. */
  readonly combine?: "store" | "add" | "add-gated";
  /** Factor of `add-gated`, [T, N]. */
  readonly gate?: Tensor;
  /** Rows that each batch of x and of y has room for; needed for batches. */
  readonly batchRows?: number;
};

/**
 * y = act(x · wᵀ + bias) for one row of x [B, K] into y [B, N].
 *
 * @param options.variant the kernel; what was chosen for the adapter unless given
 */
export function linearDecode(
  gpu: Gpu,
  io: LinearIo,
  options: LinearOptions & { readonly variant?: DecodeVariant } = {},
): Dispatch[] {
  const variant = options.variant ?? linearVariants(gpu).decode;
  const pipeline = compileKernel(gpu, decodeKernel(gpu, io.w, variant));
  const { groups } = shareOutputs(gpu, variant.lanes);
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.decode`, pipeline, bindingsOf(io, piece, options), [
      groups(piece),
      1,
      io.w.batch,
    ]),
  );
}

/** The kernel that `linearDecode` takes for weights. */
export function decodeKernel(gpu: Gpu, { format }: LinearWeights, variant: DecodeVariant): KernelSource {
  const kernel = byLanes(gpu, { name: "linear-decode", code: ioCode, main: decodeCode }, variant);
  return { ...kernel, constants: { ...kernel.constants, FORMAT: linearFormats[format].number } };
}

/** How the threads of a workgroup share the outputs of one row, four outputs at a time. */
export type SharedOutputs = {
  readonly threads: number;
  readonly lanes: number;
  readonly bySubgroup: boolean;
  /** Workgroups that the rows of a piece take. */
  groups(piece: LinearPiece): number;
};

export function shareOutputs(gpu: Gpu, lanes: DecodeLanes): SharedOutputs {
  const count = lanes === "subgroup" ? gpu.subgroupSize : lanes;
  assert(count !== null, "the adapter's subgroups differ in size");
  // Without barriers small workgroups spread best over a CPU's cores.
  const threads = count === 1 ? 16 : lanes === "subgroup" && gpu.adapter.software ? count : 64;
  const groups = ({ rows }: LinearPiece) => Math.ceil((rows * count) / (4 * threads));
  return { threads, lanes: count, bySubgroup: lanes === "subgroup", groups };
}

/** A kernel of one row joined with what its threads compute, and how they add up. */
export function byLanes(
  gpu: Gpu,
  { name, code, main }: { readonly name: string; readonly code: string; readonly main: string },
  { lanes, arithmetic }: DecodeVariant,
): KernelSource {
  const { threads: THREADS, lanes: LANES, bySubgroup } = shareOutputs(gpu, lanes);
  const adding = bySubgroup ? subgroupLanesCode : treeCode;
  const enabled = (arithmetic === "half" ? halfCode : "") + (bySubgroup ? subgroupsCode : "");
  const products =
    singleCode +
    { f32: inSingleCode, half: packedHalfCode + inPackedCode, dot: packedDotCode + inPackedCode }[arithmetic];
  return {
    name: `${name} in ${arithmetic}${bySubgroup ? " by subgroup" : ""}`,
    code: enabled + adding + code + weightsCode + products + main,
    constants: { THREADS, LANES },
  };
}

/**
 * Y = act(X · Wᵀ + bias) for T rows of X [B, T, K] into Y [B, T, N].
 *
 * @param io.rows uniform with T in its first word
 * @param options.variant the kernel; what was chosen for the adapter unless given
 */
export function linearPrefill(
  gpu: Gpu,
  io: LinearIo & { readonly rows: GPUBuffer },
  options: LinearOptions & { readonly variant?: PrefillVariant } = {},
): Dispatch[] {
  const { tile, ...kernel } = prefillKernel(io.w, options.variant ?? linearVariants(gpu).prefill);
  const pipeline = compileKernel(gpu, kernel);
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.prefill`, pipeline, [...bindingsOf(io, piece, options), io.rows], (rows) => [
      Math.ceil(piece.rows / tile[0]),
      Math.ceil(rows / tile[1]),
      io.w.batch,
    ]),
  );
}

/** The kernel that `linearPrefill` takes for weights, and the columns and rows of Y that one of its workgroups makes. */
export function prefillKernel(w: LinearWeights, variant: PrefillVariant): KernelSource & { tile: [number, number] } {
  const { bits, number: FORMAT } = linearFormats[w.format];
  switch (variant) {
    case "tiled":
      return { name: "linear-prefill", code: libraries + prefillCode, constants: { FORMAT }, tile: [64, 32] };
    case "direct":
      return { name: "linear-prefill-direct", code: libraries + directCode, constants: { FORMAT }, tile: [16, 16] };
    case "subgroup": {
      const [name, code] = bits < 16 ? ["subgroup-quantised", groupedCode] : ["subgroup", subgroupCode];
      return {
        name: `linear-prefill-${name}`,
        code: subgroupsCode + libraries + code,
        constants: { FORMAT },
        tile: [16, 16],
      };
    }
    default:
      return blockedKernel(w, variant);
  }
}

function blockedKernel(w: LinearWeights, variant: BlockedVariant): KernelSource & { tile: [number, number] } {
  const { threads, split, arithmetic } = blockedShapes[variant];
  const { bits, number: FORMAT } = linearFormats[w.format];
  const possible = { f32: true, half: bits < 32, dot: bits < 16 }[arithmetic];
  if (!possible) return blockedKernel(w, split > 1 ? "blocked-split" : "blocked");
  const code = {
    f32: libraries + tilesCode + blockedCode,
    half: halfCode + libraries + tilesCode + blockedHalfCode,
    dot: libraries + packedDotCode + dotCode,
  }[arithmetic];
  const [THREADS_T, THREADS_N] = threads;
  const constants = { FORMAT, THREADS_T, THREADS_N, SPLIT: split };
  const columns = arithmetic === "dot" ? 4 : 8;
  return { name: `linear-prefill in ${arithmetic}`, code, constants, tile: [columns * THREADS_N, 8 * THREADS_T] };
}

function bindingsOf(io: LinearIo, piece: LinearPiece, options: LinearOptions) {
  const { w } = io;
  const { combine = "store", bias, gate } = options;
  assert((combine === "add-gated") === (gate !== undefined), `${w.label}: a gate belongs to add-gated`);
  assert(!(bias && gate), `${w.label}: bias and gate exclude each other`);
  // an unused `extra` or `scales` still needs a buffer
  const extra = bias ?? gate ?? io.x;
  return [io.x, piece.tensor, extra, io.y, linearSizes(w, piece, options), piece.scales ?? piece.tensor];
}

/** The uniform of a product with a piece of weights: `Linear` of linear-weights.wgsl. */
export function linearSizes(w: LinearWeights, piece: LinearPiece, options: LinearOptions): GPUBuffer {
  const { activation = "none", combine = "store", batchRows = 0, bias } = options;
  assert(w.batch === 1 || batchRows > 0, `${w.label}: batches need batchRows`);
  return w.uniform([
    rowStride(w.inWidth) / 4,
    piece.rows,
    piece.firstRow,
    rowStride(w.outWidth),
    (batchRows * rowStride(w.inWidth)) / 4,
    batchRows * rowStride(w.outWidth),
    activationNumber[activation],
    { store: 0, add: 1, "add-gated": 2 }[combine],
    bias ? 1 : 0,
    w.batch,
  ]);
}
