import type { FileInfo } from "./file-set.ts";
import { foreignFormat } from "./layouts/foreign.ts";

const weights = /\.(safetensors|st|bin|pth|pt)$/i;
const safetensors = /\.(safetensors|st)$/i;
const pickles = /\.(bin|pth|pt)$/i;
const descriptions = /\.(json|txt|model)$/i;
const papers = /^(readme|licen[cs]e|notice)(\.(md|txt))?$/i;
/** What trainers leave beside the weights, in the same formats. */
const leftovers = /^(optimizer|scheduler|scaler|rng_state|training_args|trainer_state|random_states)/i;

/** True for the name of a file of weights, false for what trainers leave beside them in the same formats. */
export function isWeightFile(name: string): boolean {
  return weights.test(name) && !leftovers.test(name);
}

/**
 * The files that can be part of a model: weights, descriptions, tokenizers, licences; where none are weights that can be
 * read, those of other formats too, so that what is there can be named. A pickled file is left out where its
 * folder has the same as safetensors: under the same name, or under that which Hugging Face's libraries give it.
 */
export function selectModelFiles<T extends Pick<FileInfo, "path">>(files: readonly T[]): T[] {
  const readable = files.some(({ path }) => isWeightFile(nameOf(path)));
  const safe = new Set(files.filter(({ path }) => safetensors.test(path)).map(({ path }) => stemOf(path)));
  return files.filter(({ path }) => {
    const name = nameOf(path);
    if (leftovers.test(name) || path.split("/").some((part) => part.startsWith("."))) return false;
    if (weights.test(name)) return !(pickles.test(name) && safe.has(stemOf(path)));
    if (!readable && foreignFormat(name) !== null) return true;
    return descriptions.test(name) || papers.test(name) || name === "xtuner_config.py";
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path without its extension and the number of a shard; `pytorch_model` counts as `model`. */
function stemOf(path: string): string {
  const stem = path.replace(/\.\w+$/, "").replace(/-\d+-of-\d+$/, "");
  return stem.replace(/(^|\/)pytorch_model$/, "$1model");
}
