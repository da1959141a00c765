import type { RangeReader } from "../bytes/range-reader.ts";
import { AuroraError } from "../errors.ts";
import { type Assumptions, addAssumptions } from "./assumptions.ts";
import { parseConfig } from "./config.ts";
import { corruptFile } from "./fields.ts";
import type { FileSet } from "./file-set.ts";
import { countParameters, type ModelFolder } from "./model-folder.ts";
import { openWeightFolder } from "./open-weights.ts";
import { joinRowSlices } from "./row-slices.ts";

export type ModelFilesOptions = {
  /** Stops opening, and later reads of tensors. */
  readonly signal?: AbortSignal;
  /** Called as bytes are read, also in later reads, with those of all files together. */
  readonly onProgress?: (loaded: number, total: number) => void;
  /** What is known of the model beside its `config.json`, and stands above it. */
  readonly assumptions?: Assumptions;
};

/**
 * Opens a model folder of ours from its files, wherever they lie. Reads the weights' descriptions only.
 *
 * @throws AuroraError `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, errors of the files' readers
 */
export async function openModelFiles(files: FileSet, options: ModelFilesOptions = {}): Promise<ModelFolder> {
  const counted = countReads(files, options);
  const written = await readJsonFile(counted, "config.json");
  const json = options.assumptions
    ? { ...(written as object), assumptions: addAssumptions(written, options.assumptions) }
    : written;
  const config = parseConfig(json);
  const tokenizer = await readWhole(counted, config.tokenizer.file);
  const weights = await openWeightFolder(counted, "");
  if (!weights) throw missing(files, "weights");
  const tensors = joinRowSlices(weights);
  const byteLength = files.files.reduce((sum, file) => sum + (file.byteLength ?? 0), 0);
  return { config, json, tokenizer, tensors, byteLength, parameters: countParameters(tensors) };
}

/** Parsed content of a file. @throws AuroraError `ModelNotFound`, `ModelCorrupt`, errors of the file's reader */
export async function readJsonFile(files: FileSet, path: string): Promise<unknown> {
  return parseJsonFile(path, await readWhole(files, path));
}

/** A file's parsed content; null where there is no such file. @throws as `readJsonFile` */
export async function readJson(files: FileSet, path: string): Promise<unknown> {
  return files.files.some((file) => file.path === path) ? readJsonFile(files, path) : null;
}

/** @param path the file's, for messages @throws AuroraError `ModelCorrupt` */
export function parseJsonFile(path: string, content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw corruptFile(path, "is damaged: it is no JSON", error);
  }
}

async function readWhole(files: FileSet, path: string): Promise<Uint8Array> {
  if (!files.files.some((file) => file.path === path)) throw missing(files, path);
  const reader = await files.open(path);
  return reader.read(0, reader.byteLength);
}

function missing(files: FileSet, what: string): AuroraError {
  return new AuroraError("ModelNotFound", `${files.label} has no ${what}. Choose another copy of the model.`);
}

/** Reports reads; what is read twice counts twice, yet no more than all is reported. */
function countReads(files: FileSet, { signal, onProgress }: ModelFilesOptions): FileSet {
  const total = files.files.reduce((sum, { byteLength }) => sum + (byteLength ?? 0), 0);
  let loaded = 0;
  const count = (reader: RangeReader): RangeReader => ({
    ...reader,
    async read(begin, end) {
      if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.", signal.reason);
      const bytes = await reader.read(begin, end);
      loaded += end - begin;
      onProgress?.(Math.min(loaded, total), total);
      return bytes;
    },
  });
  return { ...files, open: async (path) => count(await files.open(path)) };
}
