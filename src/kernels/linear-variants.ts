import type { Gpu } from "../gpu/device.ts";

/** Ways to multiply many rows: through workgroup memory, straight from storage, or that by subgroups of exactly 4. */
export type PrefillVariant = "tiled" | "direct" | "subgroup";

/** Threads that share an output of one row: a power of two up to 64, or the adapter's subgroup, which adds up without barriers. */
export type DecodeLanes = number | "subgroup";

/** Which kernels make the products of a model's layers. */
export type LinearVariants = { readonly prefill: PrefillVariant; readonly lanes: DecodeLanes };

const chosen = new WeakMap<GPUDevice, LinearVariants>();

/** What was chosen for a device, or what suits its kind. */
export function linearVariants(gpu: Gpu): LinearVariants {
  return chosen.get(gpu.device) ?? suitedVariants(gpu);
}

/** From now on these are what a device's products are built with; null: what suits its kind again. */
export function chooseVariants(gpu: Gpu, variants: LinearVariants | null): void {
  if (variants) chosen.set(gpu.device, variants);
  else chosen.delete(gpu.device);
}

/** What is likely fastest on adapters of a kind: those that compute on the CPU pay for barriers, and load slowly. */
export function suitedVariants({ adapter, subgroupSize }: Gpu): LinearVariants {
  if (!adapter.software) return { prefill: "tiled", lanes: 32 };
  return subgroupSize === 4 ? { prefill: "subgroup", lanes: "subgroup" } : { prefill: "direct", lanes: 1 };
}

/** All that an adapter can run. */
export function availableVariants({ subgroupSize }: Gpu): { prefill: PrefillVariant[]; lanes: DecodeLanes[] } {
  const subgroup = subgroupSize !== null && subgroupSize <= 64;
  return {
    prefill: ["tiled", "direct", ...(subgroupSize === 4 ? (["subgroup"] as const) : [])],
    lanes: [1, 8, 32, 64, ...(subgroup ? (["subgroup"] as const) : [])],
  };
}

/** In words, for a person who wants to know. */
export function describeVariants({ prefill, lanes }: LinearVariants): string {
  const threads = lanes === "subgroup" ? "a subgroup" : lanes === 1 ? "one thread" : `${lanes} threads`;
  return `many rows ${prefill}, one row by ${threads} an output`;
}
