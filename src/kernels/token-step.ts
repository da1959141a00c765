import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createUniform } from "../gpu/uniform.ts";

/** What one merge does; the three kernels of a merge share it. */
type TokenStepOptions = {
  /** T before, and how many go away: at most half of those that may merge. */
  readonly tokens: number;
  readonly removed: number;
  /** How the tokens that are left are sorted by size, stably. */
  readonly order: "ascending" | "descending" | "none";
  /** Token 0 is never merged and stays first. */
  readonly protectFirst: boolean;
  /** Before this one nothing merged: patch n is token n, whatever `owners` holds. */
  readonly first: boolean;
  /** Token 0 will be dropped: its patches get 0xffff, the other tokens count from 0. */
  readonly drop: boolean;
};

/** A step's options with their copy on the GPU, so that all steps run the same three pipelines. */
export type TokenStep = TokenStepOptions & { readonly uniform: GPUBuffer; destroy(): void };

const orders = { none: 0, ascending: 1, descending: 2 } as const;

/** Puts a step's options on the GPU. Whoever created it calls `destroy()`. */
export function createTokenStep(gpu: Gpu, label: string, options: TokenStepOptions): TokenStep {
  const { tokens, removed, order, protectFirst, first, drop } = options;
  const most = Math.floor((tokens - Number(protectFirst)) / 2);
  assert(removed >= 0 && removed <= most, `${label}: cannot remove ${removed} of ${tokens} tokens`);
  const flags = [protectFirst, first, drop].map(Number);
  const uniform = createUniform(gpu, label, [tokens, removed, orders[order], ...flags]);
  return { ...options, uniform, destroy: () => uniform.destroy() };
}
