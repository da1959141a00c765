import subgroupsCode from "../../shaders/lib/enable-subgroups.wgsl?raw";
import subgroupLanesCode from "../../shaders/lib/lanes-subgroup.wgsl?raw";
import treeCode from "../../shaders/lib/lanes-tree.wgsl?raw";
import ioCode from "../../shaders/lib/linear-io.wgsl?raw";
import weightsCode from "../../shaders/lib/linear-weights.wgsl?raw";
import decodeCode from "../../shaders/linear-decode.wgsl?raw";
import quantisedCode from "../../shaders/linear-decode-quantised.wgsl?raw";
import prefillCode from "../../shaders/linear-prefill.wgsl?raw";
import directCode from "../../shaders/linear-prefill-direct.wgsl?raw";
import subgroupCode from "../../shaders/linear-prefill-subgroup.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { type DecodeLanes, linearVariants, type PrefillVariant } from "./linear-variants.ts";
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

const decodeKernels = {
  plain: { name: "linear-decode", code: libraries + decodeCode },
  quantised: { name: "linear-decode-quantised", code: libraries + quantisedCode },
} as const;

/**
 * y = act(x · wᵀ + bias) for one row of x [B, K] into y [B, N].
 *
 * @param options.lanes threads that share an output; what was chosen for the adapter unless given
 */
export function linearDecode(
  gpu: Gpu,
  io: LinearIo,
  options: LinearOptions & { readonly lanes?: DecodeLanes } = {},
): Dispatch[] {
  const { bits, number } = linearFormats[io.w.format];
  const shared = shareOutputs(gpu, options.lanes);
  const kernel = withLanes(bits < 16 ? decodeKernels.quantised : decodeKernels.plain, shared);
  const pipeline = compileKernel(gpu, { ...kernel, constants: { ...kernel.constants, FORMAT: number } });
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.decode`, pipeline, bindingsOf(io, piece, options), [
      shared.groups(piece),
      1,
      io.w.batch,
    ]),
  );
}

/** How the threads of a workgroup share the outputs of one row, four outputs at a time. */
export type SharedOutputs = {
  readonly threads: number;
  readonly lanes: number;
  readonly bySubgroup: boolean;
  /** Workgroups that the rows of a piece take. */
  groups(piece: LinearPiece): number;
};

/** @param lanes what was chosen for the adapter unless given */
export function shareOutputs(gpu: Gpu, lanes: DecodeLanes = linearVariants(gpu).lanes): SharedOutputs {
  const count = lanes === "subgroup" ? gpu.subgroupSize : lanes;
  assert(count !== null, "the adapter's subgroups differ in size");
  // Without barriers small workgroups spread best over a CPU's cores.
  const threads = count === 1 ? 16 : lanes === "subgroup" && gpu.adapter.software ? count : 64;
  const groups = ({ rows }: LinearPiece) => Math.ceil((rows * count) / (4 * threads));
  return { threads, lanes: count, bySubgroup: lanes === "subgroup", groups };
}

/** A kernel joined with how it adds up what the threads of an output have. */
export function withLanes(kernel: { name: string; code: string }, { threads, lanes, bySubgroup }: SharedOutputs) {
  const constants = { THREADS: threads, LANES: lanes };
  if (!bySubgroup) return { name: kernel.name, code: treeCode + kernel.code, constants };
  return { name: `${kernel.name} by subgroup`, code: subgroupsCode + subgroupLanesCode + kernel.code, constants };
}

const prefillKernels = {
  tiled: { name: "linear-prefill", code: libraries + prefillCode, tile: [64, 32] },
  direct: { name: "linear-prefill-direct", code: libraries + directCode, tile: [16, 16] },
  subgroup: { name: "linear-prefill-subgroup", code: subgroupsCode + libraries + subgroupCode, tile: [16, 16] },
} as const;

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
  const { name, code, tile } = prefillKernels[options.variant ?? linearVariants(gpu).prefill];
  const pipeline = compileKernel(gpu, { name, code, constants: { FORMAT: linearFormats[io.w.format].number } });
  return io.w.pieces.map((piece) =>
    createDispatch(gpu, `${io.w.label}.prefill`, pipeline, [...bindingsOf(io, piece, options), io.rows], (rows) => [
      Math.ceil(piece.rows / tile[0]),
      Math.ceil(rows / tile[1]),
      io.w.batch,
    ]),
  );
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
