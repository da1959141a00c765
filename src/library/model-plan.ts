import { openCheckpoint } from "../model/checkpoint.ts";
import type { Checkpoint } from "../model/checkpoint-type.ts";
import { type ModelConfig, parseConfig } from "../model/config.ts";
import { predictBytes } from "../model/convert.ts";
import { isRecord } from "../model/fields.ts";
import type { FileInfo, FileSet } from "../model/file-set.ts";
import { openModelFiles, readJsonFile } from "../model/model-files.ts";
import { countParameters } from "../model/model-folder.ts";
import type { TensorSource } from "../model/tensors.ts";
import { estimateGpuBytes, type GpuLimits, gpuBudget, quantizations } from "./gpu-budget.ts";
import type { ModelAssets } from "./model-assets.ts";
import type { Quantization, QuantizationOffer } from "./types.ts";

/** What is known of a model before it is loaded. */
export type ModelPlan = {
  readonly name: string;
  readonly license: string;
  readonly layout: string;
  /** False for a model for text only. */
  readonly sees: boolean;
  readonly parameters: number;
  /** The files that loading it takes. */
  readonly files: readonly KnownFile[];
  readonly options: readonly QuantizationOffer[];
  /** The most exact option that fits; null when none does. */
  readonly recommended: Quantization | null;
  /** The form in which its files are a model folder of ours as they are; null for others. */
  readonly ready: Quantization | null;
  /** What can be converted to any form; null for a quantised folder of ours. */
  readonly checkpoint: Checkpoint | null;
};

type KnownFile = FileInfo & { readonly byteLength: number };

/**
 * Finds out what some files are, by reading the parts of them that describe the rest.
 *
 * @throws AuroraError `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, errors of the files' readers
 */
export async function planModel(files: FileSet, assets: ModelAssets, limits: GpuLimits): Promise<ModelPlan> {
  const opened = new Set<string>();
  const tracked: FileSet = {
    ...files,
    open(path) {
      opened.add(path);
      return files.open(path);
    },
  };
  const ready = await readyForm(tracked);
  const known =
    ready !== null && ready !== "f16"
      ? await readQuantised(tracked, ready)
      : await readCheckpoint(tracked, assets, ready);
  const budget = gpuBudget(limits);
  const options = [...known.storedBytes].map(([quantization, storedBytes]) => {
    const gpuBytes = estimateGpuBytes(known.config, known.tensors, storedBytes, limits);
    return { quantization, storedBytes, gpuBytes, fits: gpuBytes <= budget };
  });
  return {
    name: known.config.name,
    license: known.config.license,
    layout: known.layout,
    sees: known.config.vision !== null,
    parameters: countParameters(known.tensors),
    files: knownFiles(files).filter(({ path }) => ready !== null || opened.has(path) || !isWeights(path)),
    options,
    recommended: options.find(({ fits }) => fits)?.quantization ?? null,
    ready,
    checkpoint: known.checkpoint,
  };
}

/** What the files are, and what they take in each form that they can have. */
type Known = {
  readonly layout: string;
  readonly config: ModelConfig;
  readonly tensors: TensorSource;
  readonly storedBytes: ReadonlyMap<Quantization, number>;
  readonly checkpoint: Checkpoint | null;
};

async function readCheckpoint(files: FileSet, assets: ModelAssets, ready: Quantization | null): Promise<Known> {
  const checkpoint = await openCheckpoint(files, assets);
  const { layout, config, tensors } = checkpoint;
  const bytes = quantizations.map(
    (form) => [form, form === ready ? totalBytes(files) : predictBytes(checkpoint, form)] as const,
  );
  return { layout, config: parseConfig(config), tensors, storedBytes: new Map(bytes), checkpoint };
}

async function readQuantised(files: FileSet, form: Quantization): Promise<Known> {
  const { config, tensors } = await openModelFiles(files);
  const layout = `model folder of this app (${form})`;
  return { layout, config, tensors, storedBytes: new Map([[form, totalBytes(files)]]), checkpoint: null };
}

/** The form that a model folder of ours is in; null for files that are something else. */
async function readyForm(files: FileSet): Promise<Quantization | null> {
  if (!files.files.some(({ path }) => path === "config.json")) return null;
  const json = await readJsonFile(files, "config.json");
  return isRecord(json) && json.model_type === "auroralong" ? parseConfig(json).quantization : null;
}

function isWeights(path: string): boolean {
  return /\.(safetensors|st|bin|pth|pt)$/i.test(path);
}

function knownFiles(files: FileSet): KnownFile[] {
  return files.files.map((file) => ({ ...file, byteLength: file.byteLength ?? 0 }));
}

function totalBytes(files: FileSet): number {
  return knownFiles(files).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
