import type { HttpOptions } from "../bytes/http.ts";
import { EncoderMissing } from "../model/encoder-missing.ts";
import type { GpuLimits } from "./gpu-budget.ts";
import { createHubFileSet, listHubRepository } from "./hub.ts";
import type { ModelAssets } from "./model-assets.ts";
import { type ModelPlan, planModel } from "./model-plan.ts";
import type { ModelSource } from "./model-source.ts";

type PlanOptions = HttpOptions & { readonly assets: ModelAssets; readonly limits: GpuLimits };

/** A source and what it holds. */
export type PlannedSource = { readonly source: ModelSource; readonly plan: ModelPlan };

/**
 * Finds out what a source's files are. A model on a hub that leaves out the encoder it was trained with gets the files of
 * that encoder's repository, in a folder of its name.
 *
 * @throws AuroraError those of `planModel`
 */
export async function planSource(source: ModelSource, options: PlanOptions): Promise<PlannedSource> {
  const { assets, limits } = options;
  try {
    return { source, plan: await planModel(source.files, assets, limits) };
  } catch (error) {
    if (!(error instanceof EncoderMissing) || !source.hub) throw error;
    const whole = await addEncoder(source, error.encoder, options);
    return { source: whole, plan: await planModel(whole.files, assets, limits) };
  }
}

/** What an encoder is made of; its repository has a tokenizer as well, larger than many models. */
const encoderFile = /^(config|preprocessor_config|model\.safetensors\.index)\.json$|\.safetensors$/;

async function addEncoder(source: ModelSource, id: string, options: HttpOptions): Promise<ModelSource> {
  const own = source.hub?.repository;
  if (!own) return source;
  const hub = own.files[0]?.url.origin;
  const encoder = await listHubRepository({ id, ...(hub !== undefined && { hub }) }, options);
  const folder = id.replace("/", "--");
  const added = encoder.files
    .filter(({ path }) => encoderFile.test(path))
    .map((file) => ({ ...file, path: `${folder}/${file.path}` }));
  const repository = { ...own, files: [...own.files, ...added] };
  const files = createHubFileSet(repository, options);
  return { ...source, label: `${source.label} with ${encoder.id}`, files, hub: { repository, files } };
}
