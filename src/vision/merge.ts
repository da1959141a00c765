import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { tokenMatch } from "../kernels/token-match.ts";
import { tokenMerge } from "../kernels/token-merge.ts";
import { sortScratchLength, tokenSort } from "../kernels/token-sort.ts";
import { createTokenStep } from "../kernels/token-step.ts";
import type { SeeingConfig } from "../model/config.ts";
import { patchCount, type Segment } from "./segments.ts";

/** One merge between two segments, ready to be recorded; the number of rows is the number of frames. */
export type MergeStep = { readonly dispatches: readonly Dispatch[] };

/** The merges of an encoder and what they share. */
export type Merger = {
  /** Input of every step: keys averaged over heads, [maxBatch, T, metricWidth] f32. */
  readonly metric: Tensor;
  /** d, rounded up to 4. */
  readonly metricWidth: number;
  /** Sizes [maxBatch, T] f32 of the tokens after the steps added so far. */
  readonly sizes: Tensor;
  /** Adds the merge after `segment`, of `from` [F, T, D] into `to` [F, T − r, D]. To be called in the order of segments. */
  addStep(segment: Segment, from: Tensor, to: Tensor): MergeStep;
  destroy(): void;
};

/**
 * Prepares the token merging (ToMe's match and merge, AuroraLong's sort) between the segments of an encoder.
 *
 * @param owners [maxBatch, N] u32, which the steps fill; see `EncodedFrames`
 */
export function createMerger(gpu: Gpu, config: SeeingConfig, segments: readonly Segment[], owners: Tensor): Merger {
  const [maxBatch = 0] = owners.shape;
  const { vision, merge } = config;
  const patches = patchCount(vision);
  const width = vision.hiddenSize / vision.numAttentionHeads;
  const lastMerge = segments.findLast((segment) => segment.removed > 0);
  const owned: { destroy(): void }[] = [];
  const make = (name: string, shape: number[], dtype: "f32" | "u32", data?: Float32Array | Uint32Array) => {
    const tensor = createTensor(gpu, `vision.${name}`, [maxBatch, ...shape], dtype, data);
    owned.push(tensor);
    return tensor;
  };
  const half = Math.ceil(patches / 2);
  const metric = make("metric", [patches, rowStride(width)], "f32");
  const best = make("best", [half], "f32");
  const nearest = make("nearest", [half], "u32");
  const kept = make("kept", [patches], "u32");
  const next = make("next", [patches], "u32");
  const scratch = make("scratch", [sortScratchLength(patches)], "u32");
  const ones = make("sizes", [patches], "f32", new Float32Array(maxBatch * patches).fill(1));
  const spare = [make("sizes.0", [patches], "f32"), make("sizes.1", [patches], "f32")] as [Tensor, Tensor];
  let sizes = ones;

  function addStep(segment: Segment, from: Tensor, to: Tensor): MergeStep {
    const { tokens, removed } = segment;
    const { protectFirst, dropFirst } = merge;
    const last = segment === lastMerge;
    const [sizeIn, sizeOut] = [sizes, sizes === spare[0] ? spare[1] : spare[0]];
    // What follows the last merge treats all tokens alike, so that a sort "at the end" can as well be made here.
    const order = merge.sort === "last" && !last ? "none" : merge.order;
    const first = sizeIn === ones;
    const drop = last && dropFirst;
    const step = createTokenStep(gpu, "vision.step", { tokens, removed, order, protectFirst, first, drop });
    owned.push(step);
    sizes = sizeOut;
    const frames = maxBatch;
    return {
      dispatches: [
        tokenMatch(gpu, { metric, best, nearest }, step, { frames, width }),
        tokenSort(gpu, { best, nearest, sizeIn, sizeOut, kept, next, owners, scratch }, step, { frames, patches }),
        tokenMerge(gpu, { x: from, size: sizeIn, kept, next, y: to }, step, { frames, width: vision.hiddenSize }),
      ],
    };
  }

  return {
    metric,
    metricWidth: rowStride(width),
    get sizes() {
      return sizes;
    },
    addStep,
    destroy() {
      for (const each of owned) each.destroy();
    },
  };
}
