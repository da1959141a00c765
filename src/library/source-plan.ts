import type { HttpOptions } from "../bytes/http.ts";
import { AuroraError } from "../errors.ts";
import { EncoderMissing } from "../model/encoder-missing.ts";
import type { FileSet } from "../model/file-set.ts";
import type { GpuLimits } from "./gpu-budget.ts";
import { createHubFileSet, listHubRepository } from "./hub.ts";
import type { ModelAssets } from "./model-assets.ts";
import { type ModelPlan, planModel } from "./model-plan.ts";
import type { ModelSource } from "./model-source.ts";

/** What it takes to find out what a model is. */
export type PlanOptions = HttpOptions & {
  readonly assets: ModelAssets;
  readonly limits: GpuLimits;
  /** The hub that has the encoder of picked files; Hugging Face unless given. */
  readonly hub?: string;
};

/** A source and what it holds. */
export type PlannedSource = { readonly source: ModelSource; readonly plan: ModelPlan };

/**
 * Finds out what a source's files are. A model that leaves out the encoder it was trained with gets the files of that
 * encoder's repository, in a folder of its name: from the model's own hub, or where it was picked, from Hugging Face.
 *
 * @throws AuroraError those of `planModel`
 */
export async function planSource(source: ModelSource, options: PlanOptions): Promise<PlannedSource> {
  const { assets, limits } = options;
  try {
    return { source, plan: await planModel(source.files, assets, limits) };
  } catch (error) {
    if (!(error instanceof EncoderMissing)) throw error;
    const whole = await addEncoder(source, error.encoder, options).catch((reason: unknown) => {
      // Without a network, what is to be done is in the first error.
      throw source.hub || isAbort(reason) ? reason : error;
    });
    return { source: whole, plan: await planModel(whole.files, assets, limits) };
  }
}

function isAbort(reason: unknown): boolean {
  return reason instanceof AuroraError && reason.code === "Aborted";
}

/** What an encoder is made of; its repository has a tokenizer as well, larger than many models. */
const encoderFile = /^(config|preprocessor_config|model\.safetensors\.index)\.json$|\.safetensors$/;

async function addEncoder(source: ModelSource, id: string, options: PlanOptions): Promise<ModelSource> {
  const own = source.hub?.repository;
  const hub = own?.files[0]?.url.origin ?? options.hub;
  const encoder = await listHubRepository({ id, ...(hub !== undefined && { hub }) }, options);
  const folder = id.replace("/", "--");
  const added = encoder.files
    .filter(({ path }) => encoderFile.test(path))
    .map((file) => ({ ...file, path: `${folder}/${file.path}` }));
  const repository = { ...(own ?? encoder), files: [...(own?.files ?? []), ...added] };
  const files = createHubFileSet(repository, options);
  const label = `${source.label} with ${encoder.id}`;
  return { ...source, label, files: own ? files : joinFiles(source.files, files), hub: { repository, files } };
}

/** Files of two places as one set. */
function joinFiles(first: FileSet, second: FileSet): FileSet {
  const isSecond = new Set(second.files.map(({ path }) => path));
  return {
    label: first.label,
    files: [...first.files.filter(({ path }) => !isSecond.has(path)), ...second.files],
    open: (path) => (isSecond.has(path) ? second : first).open(path),
  };
}

/** Those of some files that lie on a hub: of picked ones, the encoder's that was added to them. */
export function onHub<T extends { readonly path: string }>({ hub }: ModelSource, files: readonly T[]): T[] {
  const there = new Set(hub?.repository.files.map(({ path }) => path));
  return files.filter(({ path }) => there.has(path));
}

/** A source's files once those that lie on a hub were downloaded. */
export function withDownloaded(source: ModelSource, downloaded: FileSet): FileSet {
  return onHub(source, source.files.files).length < source.files.files.length
    ? joinFiles(source.files, downloaded)
    : downloaded;
}
