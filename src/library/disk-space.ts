import type { FileStore } from "../storage/file-store.ts";
import { modelKey } from "./model-key.ts";
import type { ModelPlan } from "./model-plan.ts";
import type { ModelSource } from "./model-source.ts";
import { onHub } from "./source-plan.ts";
import type { StoreFolder } from "./store-folder.ts";
import { downloadFolder, modelFolder } from "./stored-models.ts";
import type { Quantization } from "./types.ts";

/** Space on disk that loading a model takes, in bytes. */
export type DiskNeed = {
  /** All of it, and what of it is not there yet. */
  readonly totalBytes: number;
  readonly missingBytes: number;
};

/**
 * Counts the space that loading one form of a source's model takes: the files, where they are downloaded to be converted,
 * and the model itself.
 *
 * @param store what is there already lies in it; null for nothing
 */
export async function countDiskNeed(
  source: ModelSource,
  plan: ModelPlan,
  quantization: Quantization,
  store: FileStore | null,
): Promise<DiskNeed & { readonly downloadBytes: number }> {
  const stored = plan.options.find((option) => option.quantization === quantization)?.storedBytes ?? 0;
  const folder = store && modelFolder(store, modelKey(source, quantization));
  const missing = stored - (folder ? Math.min(stored, await folder.store.usedBytes(folder.path)) : 0);
  if (plan.ready === quantization) return { totalBytes: stored, missingBytes: missing, downloadBytes: missing };
  const remote = onHub(source, plan.files);
  const files = sum(remote.map(({ byteLength }) => byteLength));
  const present = store ? await presentBytes(downloadFolder(store, source.key), remote) : 0;
  return { totalBytes: stored + files, missingBytes: missing + files - present, downloadBytes: files - present };
}

/** Bytes of some files that a folder has, whole or in part. */
export async function presentBytes(
  folder: StoreFolder,
  files: readonly { readonly path: string; readonly byteLength: number }[],
): Promise<number> {
  let bytes = 0;
  for (const { path, byteLength } of files) bytes += Math.min(await folder.presentBytes(path), byteLength);
  return bytes;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
