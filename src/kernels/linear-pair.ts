import pairCode from "../../shaders/linear-pair.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import { byLanes, type LinearIo, type LinearOptions, linearSizes, shareOutputs } from "./linear.ts";
import { type DecodeVariant, linearVariants } from "./linear-variants.ts";
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
 * @param options.variant the kernel; what was chosen for the adapter unless given
 */
export function linearPair(
  gpu: Gpu,
  first: PairedProduct,
  second: PairedProduct,
  options: { readonly variant?: DecodeVariant } = {},
): Dispatch {
  const variant = options.variant ?? linearVariants(gpu).decode;
  const shared = shareOutputs(gpu, variant.lanes);
  const parts = [first, second].map((product) => {
    const [piece, ...others] = product.w.pieces;
    assert(piece && others.length === 0, `${product.w.label}: a pair takes weights in one piece`);
    const { w, x, y } = product;
    const groups = shared.groups(piece) * w.batch;
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
  const [FORMAT0, FORMAT1] = [first, second].map(({ w }) => linearFormats[w.format].number) as [number, number];
  const kernel = byLanes(gpu, { name: "linear-pair", code: "", main: pairCode }, variant);
  const pipeline = compileKernel(gpu, { ...kernel, constants: { ...kernel.constants, FORMAT0, FORMAT1 } });
  const groups = each((part) => part.groups).reduce((sum, count) => sum + count, 0);
  return createDispatch(gpu, `${first.w.label}.pair`, pipeline, bindings, [groups]);
}
