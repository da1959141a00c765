import type { Gpu } from "../gpu/device.ts";
import {
  availableVariants,
  chooseVariants,
  type DecodeVariant,
  describeVariants,
  type LinearVariants,
  nameVariant,
  type PrefillVariant,
  suitedVariants,
} from "../kernels/linear-variants.ts";
import { isRight, type Tuning, tuneLinear } from "../kernels/tune-linear.ts";
import type { Rnn } from "./rnn.ts";

/**
 * How the kernels of a model's products are chosen: `auto` (the default) measures on graphics cards, keeps what was found, and takes
 * what suits a software adapter, where compiling a variant costs more than it would gain; `measure` measures anew on any; `suited` never.
 */
export type KernelChoice = "auto" | "measure" | "suited";

/** What the products of a model run on, and how that was found. */
export type Tuned = {
  readonly variants: LinearVariants;
  readonly source: "suited" | "measured" | "kept";
  readonly measured: Tuning["measured"];
};

/** Where what was found is kept as one text. */
type KeptKernels = { read(): Promise<string | null>; write(text: string): Promise<void> };

/** To be raised when kernels change: what was measured before then counts for nothing. */
const version = 2;

/** Chooses the kernels of an Rnn's products, for all that is built after it. */
export async function tuneRnn(gpu: Gpu, rnn: Rnn, choice: KernelChoice, keeping: KeptKernels): Promise<Tuned> {
  const tuned = await find(gpu, rnn, choice, keeping);
  chooseVariants(gpu, tuned.variants);
  return tuned;
}

async function find(gpu: Gpu, rnn: Rnn, choice: KernelChoice, keeping: KeptKernels): Promise<Tuned> {
  if (choice === "suited" || (choice === "auto" && gpu.adapter.software)) {
    return { variants: suitedVariants(gpu), source: "suited", measured: [] };
  }
  const key = keyOf(gpu, rnn);
  const all = await readAll(keeping);
  const kept = choice === "auto" ? all[key] : undefined;
  if (kept && isAvailable(gpu, kept)) return { variants: kept, source: "kept", measured: [] };
  const { variants, measured } = await tuneLinear(gpu, rnn.weights.layers.largest);
  // Where it cannot be kept it is measured again the next time.
  await keeping.write(JSON.stringify({ ...all, [key]: variants })).catch(() => {});
  return { variants, source: "measured", measured };
}

/** One adapter in one browser, and one set of shapes. */
function keyOf({ adapter, subgroupSize, halfArithmetic, packedDot }: Gpu, { weights }: Rnn): string {
  const { vendor, architecture, description } = adapter;
  const shapes = weights.layers.largest.map(
    ({ batch, outWidth, inWidth, format }) => `${batch}×${outWidth}×${inWidth} ${format}`,
  );
  const agent = (globalThis.navigator as Navigator | undefined)?.userAgent ?? "";
  const features = [subgroupSize, halfArithmetic && "f16", packedDot && "dot"];
  return [version, vendor, architecture, description, ...features, agent, ...shapes].join(" · ");
}

/** All that was kept; nothing where it is missing or no longer whole. */
async function readAll(keeping: KeptKernels): Promise<Record<string, LinearVariants>> {
  try {
    const value: unknown = JSON.parse((await keeping.read()) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, LinearVariants>) : {};
  } catch {
    return {};
  }
}

function isAvailable(gpu: Gpu, { prefill, decode }: Partial<LinearVariants>): boolean {
  const available = availableVariants(gpu);
  const has = (
    list: readonly (PrefillVariant | DecodeVariant)[],
    variant: PrefillVariant | DecodeVariant | undefined,
  ) => variant !== undefined && list.some((each) => nameVariant(each) === nameVariant(variant));
  return has(available.prefill, prefill) && has(available.decode, decode);
}

const sources = {
  suited: "as suits this kind of adapter",
  measured: "measured on this adapter",
  kept: "measured before",
} as const;

/** In words, for a person who wants to know. */
export function describeTuned({ variants, source, measured }: Tuned): string {
  const wrong = measured.filter((each) => !isRight(each)).map(({ kind, variant }) => `${kind} ${variant}`);
  const note = wrong.length > 0 ? `; wrong values, never used: ${wrong.join(", ")}` : "";
  return `${describeVariants(variants)} (${sources[source]}${note})`;
}
