import type { Gpu } from "../gpu/device.ts";

/**
 * Ways to multiply many rows: through workgroup memory; straight from storage, or that by subgroups of exactly 4; through workgroup
 * memory with large parts a thread, in f32, in f16 (`half`), or in whole numbers of 8 bits (`dot`), the same with a workgroup's
 * threads in four parts along K (`-split`), which suits few rows.
 */
export type PrefillVariant = "tiled" | "direct" | "subgroup" | BlockedVariant;

/** Those whose workgroups have a shape, see `blockedShapes`. */
export type BlockedVariant = "blocked" | "blocked-split" | "half" | "half-split" | "dot" | "dot-split";

/** Threads that share an output of one row: a power of two up to 64, or the adapter's subgroup, which adds up without barriers. */
export type DecodeLanes = number | "subgroup";

/**
 * What the products of one row are made in: f32; f16, with sums of eight products; whole numbers of 8 bits, to which inputs are rounded
 * by groups of 32. Weights that a kind of arithmetic does not suit are multiplied in f32.
 */
export type Arithmetic = "f32" | "half" | "dot";

export type DecodeVariant = { readonly lanes: DecodeLanes; readonly arithmetic: Arithmetic };

/** Which kernels make the products of a model's layers. */
export type LinearVariants = { readonly prefill: PrefillVariant; readonly decode: DecodeVariant };

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

/** What is likely fastest on adapters of a kind, in f32: those that compute on the CPU pay for barriers, and load slowly. */
export function suitedVariants({ adapter, subgroupSize }: Gpu): LinearVariants {
  const decode = (lanes: DecodeLanes): DecodeVariant => ({ lanes, arithmetic: "f32" });
  if (!adapter.software) return { prefill: "tiled", decode: decode(32) };
  if (subgroupSize === 4) return { prefill: "subgroup", decode: decode("subgroup") };
  return { prefill: "direct", decode: decode(1) };
}

/** All variants that there are, whether an adapter can run them or not. */
export const allVariants: { readonly prefill: readonly PrefillVariant[]; readonly decode: readonly DecodeVariant[] } = {
  prefill: ["tiled", "direct", "subgroup", "blocked", "blocked-split", "half", "half-split", "dot", "dot-split"],
  decode: [
    ...inArithmetic("f32", [1, 8, 32, 64, "subgroup"]),
    ...inArithmetic("half", [8, 32, "subgroup"]),
    ...inArithmetic("dot", [8, 32, "subgroup"]),
  ],
};

function inArithmetic(arithmetic: Arithmetic, lanes: readonly DecodeLanes[]): DecodeVariant[] {
  return lanes.map((each) => ({ lanes: each, arithmetic }));
}

/** All that an adapter can run. */
export function availableVariants(gpu: Gpu): { prefill: PrefillVariant[]; decode: DecodeVariant[] } {
  const { subgroupSize, halfArithmetic, packedDot } = gpu;
  const arithmetic = { f32: true, half: halfArithmetic, dot: packedDot };
  const runs = (variant: PrefillVariant) => {
    if (variant === "subgroup") return subgroupSize === 4;
    return arithmetic[arithmeticOf(variant)] && (!isBlocked(variant) || hasRoom(gpu, variant));
  };
  const subgroups = subgroupSize !== null && subgroupSize <= 64;
  return {
    prefill: allVariants.prefill.filter(runs),
    decode: allVariants.decode.filter(
      (each) => arithmetic[each.arithmetic] && (each.lanes !== "subgroup" || subgroups),
    ),
  };
}

/** Threads of a workgroup along T and N, and parts along K; bytes of workgroup memory that a thread along T or N takes in each part. */
type BlockedShape = {
  readonly threads: readonly [t: number, n: number];
  readonly split: number;
  readonly bytes: number;
  readonly arithmetic: Arithmetic;
};

export const blockedShapes: Record<BlockedVariant, BlockedShape> = {
  blocked: { threads: [8, 8], split: 1, bytes: 512, arithmetic: "f32" },
  "blocked-split": { threads: [8, 8], split: 4, bytes: 512, arithmetic: "f32" },
  half: { threads: [8, 8], split: 1, bytes: 256, arithmetic: "half" },
  "half-split": { threads: [8, 8], split: 4, bytes: 256, arithmetic: "half" },
  dot: { threads: [8, 16], split: 1, bytes: 288, arithmetic: "dot" },
  "dot-split": { threads: [4, 16], split: 4, bytes: 288, arithmetic: "dot" },
};

function hasRoom({ device }: Gpu, variant: BlockedVariant): boolean {
  const { threads, split, bytes, arithmetic } = blockedShapes[variant];
  const [t, n] = threads;
  const { maxComputeWorkgroupStorageSize: mostBytes, maxComputeInvocationsPerWorkgroup: mostThreads } = device.limits;
  const spare = arithmetic === "f32" ? 0 : 16 * ((split - 1) * t * n + 1) + 4 * split;
  return bytes * (t + n) * split + spare <= mostBytes && t * n * split <= mostThreads;
}

/** In words, for a person who wants to know. */
export function describeVariants({ prefill, decode }: LinearVariants): string {
  const { lanes, arithmetic } = decode;
  const threads = lanes === "subgroup" ? "a subgroup" : lanes === 1 ? "one thread" : `${lanes} threads`;
  return `many rows ${prefill}, one row by ${threads} an output in ${arithmetic}`;
}

/** One word of a variant, as the tuner and the benches name it. */
export function nameVariant(variant: PrefillVariant | DecodeVariant): string {
  return typeof variant === "string" ? variant : `${variant.lanes} ${variant.arithmetic}`;
}

/** What a variant's products are made in. */
export function arithmeticOf(variant: PrefillVariant | DecodeVariant): Arithmetic {
  if (typeof variant !== "string") return variant.arithmetic;
  return isBlocked(variant) ? blockedShapes[variant].arithmetic : "f32";
}

function isBlocked(variant: PrefillVariant): variant is BlockedVariant {
  return variant in blockedShapes;
}
