import type { FileInfo } from "./file-set.ts";

const weights = /\.(safetensors|st|bin|pth|pt)$/i;
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
 * The files that can be part of a model: weights, descriptions, tokenizers, licences. Pickled weights are left out where
 * their folder has safetensors, which are commonly the same.
 */
export function selectModelFiles<T extends Pick<FileInfo, "path">>(files: readonly T[]): T[] {
  const safe = new Set(files.filter(({ path }) => /\.(safetensors|st)$/i.test(path)).map(({ path }) => folderOf(path)));
  return files.filter(({ path }) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (leftovers.test(name) || path.split("/").some((part) => part.startsWith("."))) return false;
    if (weights.test(name)) return !(pickles.test(name) && safe.has(folderOf(path)));
    return descriptions.test(name) || papers.test(name);
  });
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
