import type { ModelChoice, Quantization } from "../../library/types.ts";
import type { ModelRequest } from "./model-slot.ts";

/** A model that the page offers by itself. What it says of size holds until the model itself is looked at. */
export type Preset = {
  readonly id: string;
  readonly name: string;
  readonly choice: ModelChoice;
  readonly license: string;
  /** One sentence on what it is good for. */
  readonly about: string;
  readonly parameters: number;
  readonly downloadBytes: number;
  /** Estimates of the GPU memory in use once it is loaded, from the most exact form to the smallest. */
  readonly gpuBytes: readonly (readonly [Quantization, number])[];
};

/** The model that comes with the page, and is open unless another was chosen. */
export const nano: ModelRequest = {
  name: "nano",
  choice: { kind: "folder", url: "models/nano/" },
  quantization: "auto",
};

/** The models offered by name, the page's own first, whose figures are exact; those of the others are estimates from their shapes. */
export const presets: readonly Preset[] = [
  {
    id: "nano",
    name: "nano",
    choice: nano.choice,
    license: "Apache-2.0",
    about: "Comes with the page. Knows rendered clips of emoji and shapes, guesses on real footage.",
    parameters: 4_411_904,
    downloadBytes: 8_920_239,
    gpuBytes: [],
  },
  {
    id: "auroralong-2b",
    name: "AuroraLong 2B",
    choice: { kind: "hub", id: "weili-0234/AuroraLong-RWKV-VID-2B-xtuner" },
    license: "MIT",
    about: "The paper’s own weights, trained on real videos. Wants a graphics card with memory to spare.",
    parameters: 1_920_000_000,
    downloadBytes: 5_100_000_000,
    gpuBytes: [
      ["f16", 5_100_000_000],
      ["int8", 3_700_000_000],
      ["int4", 3_000_000_000],
    ],
  },
  {
    id: "modrwkv-0.4b",
    name: "ModRWKV 0.4B",
    choice: { kind: "hub", id: "WorldRWKV/ModRWKV-0.4" },
    license: "Apache-2.0",
    about: "A small relative (RWKV-7), trained on pictures: sees frames well, understands motion less.",
    parameters: 550_000_000,
    downloadBytes: 1_100_000_000,
    gpuBytes: [
      ["f16", 1_700_000_000],
      ["int8", 1_400_000_000],
      ["int4", 1_300_000_000],
    ],
  },
];

/** The model for real footage that a GPU is likely to hold: the first of the list that fits; null where none does. */
export function bestPreset(gpuBudget: number): Preset | null {
  return (
    presets.find(({ choice, gpuBytes }) => choice.kind === "hub" && gpuBytes.some(([, bytes]) => bytes <= gpuBudget)) ??
    null
  );
}

/** Whether two choices are of the same model. */
export function sameChoice(a: ModelChoice, b: ModelChoice): boolean {
  if (a.kind === "folder") return b.kind === "folder" && a.url === b.url;
  if (a.kind === "hub") return b.kind === "hub" && a.id === b.id && a.revision === b.revision;
  if (a.kind === "stored") return b.kind === "stored" && a.key === b.key;
  return a === b;
}
