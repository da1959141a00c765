import weightsCode from "../../shaders/lib/linear-weights.wgsl?raw";
import pairCode from "../../shaders/linear-pair.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import { decodeThreads, type LinearIo, type LinearOptions, linearSizes } from "./linear.ts";
import { linearFormats } from "./linear-weights.ts";

/** One of two products: y = act(x · wᵀ). */
export type PairedProduct = LinearIo & Pick<LinearOptions, "activation" | "batchRows">;

/**
 * Whether one dispatch is better than two: not on software adapters, which compute both sides of every branch, and not where
 * weights lie in several pieces.
 */
export function shouldPair({ adapter }: Gpu, first: LinearIo, second: LinearIo): boolean {
  return !adapter.software && first.w.pieces.length === 1 && second.w.pieces.length === 1;
}

/**
 * Two products of one row each in one dispatch, where neither waits for the other: `linearDecode` of both.
 *
 * @param options.lanes threads that share an output, a power of two up to 64; what suits the adapter unless given
 */
export function linearPair(
  gpu: Gpu,
  first: PairedProduct,
  second: PairedProduct,
  options: { readonly lanes?: number } = {},
): Dispatch {
  const { threads, lanes } = decodeThreads(gpu, options.lanes);
  const parts = [first, second].map((product) => {
    const [piece, ...others] = product.w.pieces;
    assert(piece && others.length === 0, `${product.w.label}: a pair takes weights in one piece`);
    const { w, x, y } = product;
    const groups = Math.ceil((piece.rows * lanes) / (4 * threads)) * w.batch;
    return {
      x,
      y,
      groups,
      w: piece.tensor,
      scales: piece.scales ?? piece.tensor,
      sizes: linearSizes(w, piece, product),
    };
  });
  const each = <T>(of: (part: (typeof parts)[number]) => T) => parts.map(of);
  const bindings = [
    ...each(({ x }) => x),
    ...each(({ w }) => w),
    ...each(({ scales }) => scales),
    ...each(({ y }) => y),
    ...each(({ sizes }) => sizes),
  ];
  const [FORMAT0, FORMAT1] = [first, second].map(({ w }) => linearFormats[w.format].number);
  const constants = { THREADS: threads, LANES: lanes, FORMAT0, FORMAT1 } as Record<string, number>;
  const pipeline = compileKernel(gpu, { name: "linear-pair", code: weightsCode + pairCode, constants });
  const groups = each((part) => part.groups).reduce((sum, count) => sum + count, 0);
  return createDispatch(gpu, `${first.w.label}.pair`, pipeline, bindings, [groups]);
}
