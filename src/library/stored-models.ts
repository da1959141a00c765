import { AuroraError } from "../errors.ts";
import { type Assumptions, addAssumptions } from "../model/assumptions.ts";
import type { Quantization } from "../model/config.ts";
import { isRecord } from "../model/fields.ts";
import type { FileInfo, FileSet } from "../model/file-set.ts";
import { type FileStore, writeFile } from "../storage/file-store.ts";
import { readJson, type StoreFolder, storedFileSet, storeFolder } from "./store-folder.ts";
import type { Purpose, StoredModel } from "./types.ts";

/**
 * What the store keeps: `downloads/<source key>/`, files as they come from elsewhere, gone once they are converted; and
 * `models/<model key>/`, model folders of ours. A model is there only once its manifest is, which is written last.
 */
const downloads = "downloads";
const models = "models";

/** What is known of a stored model, itself stored beside it. */
export type Manifest = {
  /** Of the manifest and of what the converter makes; others than ours are as good as not there. */
  readonly format: number;
  readonly key: string;
  readonly name: string;
  readonly license: string;
  /** Where it came from, for people. */
  readonly source: string;
  /** Tells the same revision of the same model in other forms. */
  readonly sourceKey: string;
  /** Absent for a model that watches and answers. */
  readonly purpose?: Purpose;
  readonly quantization: Quantization;
  readonly storedAt: number;
  /** Sentences for the person about what converting it found. */
  readonly notices: readonly string[];
  /** Settings that the person kept after a check; they stand above those of the model's `config.json`. */
  readonly assumptions?: Assumptions;
  readonly files: readonly (FileInfo & { readonly byteLength: number })[];
};

export const manifestFormat = 1;

/** Where the files of a source are downloaded to. */
export function downloadFolder(store: FileStore, sourceKey: string): StoreFolder {
  return storeFolder(store, `${downloads}/${sourceKey}`);
}

/** Where a model is converted to. */
export function modelFolder(store: FileStore, key: string): StoreFolder {
  return storeFolder(store, `${models}/${key}`);
}

/** Declares a model, whose files are all whole, to be there. @throws AuroraError `StorageFull` */
export async function writeManifest(store: FileStore, manifest: Manifest): Promise<void> {
  await writeFile(store, manifestPath(manifest.key), new TextEncoder().encode(JSON.stringify(manifest)));
}

/** All models that are there, each with all its files in their lengths; newest first. */
export async function listModels(store: FileStore): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const key of await store.folders(models)) {
    const manifest = await readManifest(store, key);
    if (manifest) found.push(manifest);
  }
  return found.sort((a, b) => b.storedAt - a.storedAt);
}

/** The manifest of a model that is there with all its files, or null. */
export async function readManifest(store: FileStore, key: string): Promise<Manifest | null> {
  const manifest = parseManifest(await readJson(store, manifestPath(key)));
  if (manifest?.key !== key) return null;
  const folder = modelFolder(store, key);
  for (const { path, byteLength } of manifest.files) {
    if ((await folder.presentBytes(path)) !== byteLength) return null;
  }
  return manifest;
}

/** Opens a stored model for reading. @param store null where nothing can be stored @throws AuroraError `ModelNotFound` */
export async function openStored(
  store: FileStore | null,
  key: string,
): Promise<{ manifest: Manifest; files: FileSet }> {
  const manifest = store && (await readManifest(store, key));
  if (!store || !manifest) {
    throw new AuroraError("ModelNotFound", "This model is no longer stored in this browser. Load it again.");
  }
  return { manifest, files: storedFileSet(modelFolder(store, key), manifest.name, manifest.files) };
}

/**
 * Keeps settings with a stored model, beside those kept before: it is opened with them from now on.
 *
 * @throws AuroraError `ModelNotFound`, `StorageFull`
 */
export async function keepAssumptions(store: FileStore | null, key: string, more: Assumptions): Promise<void> {
  const { manifest } = await openStored(store, key);
  if (store) await writeManifest(store, { ...manifest, assumptions: addAssumptions(manifest, more) });
}

/** Deletes a model; its manifest first, so that what a crash leaves is no model. */
export async function removeModel(store: FileStore, key: string): Promise<void> {
  await store.remove(manifestPath(key));
  await store.remove(`${models}/${key}`);
}

/** Deletes the downloaded files of a source. */
export function removeDownload(store: FileStore, sourceKey: string): Promise<void> {
  return store.remove(`${downloads}/${sourceKey}`);
}

/** Source keys of which downloaded files lie in the store, and keys of models there or begun. */
export async function listKeys(store: FileStore): Promise<{ sources: readonly string[]; models: readonly string[] }> {
  return { sources: await store.folders(downloads), models: await store.folders(models) };
}

/** Bytes of models that are there, and of all else. */
export async function countStored(store: FileStore): Promise<{ modelBytes: number; partialBytes: number }> {
  let modelBytes = 0;
  for (const { key } of await listModels(store)) modelBytes += await store.usedBytes(`${models}/${key}`);
  const all = (await store.usedBytes(downloads)) + (await store.usedBytes(models));
  return { modelBytes, partialBytes: all - modelBytes };
}

function manifestPath(key: string): string {
  return `${models}/${key}/manifest.json`;
}

function parseManifest(json: unknown): Manifest | null {
  // Written by this app, and by no other version of it that differs.
  return isRecord(json) && json.format === manifestFormat && Array.isArray(json.files) ? (json as Manifest) : null;
}

/** A stored model as the page lists it. */
export function describeStored({
  key,
  name,
  license,
  source,
  purpose,
  quantization,
  storedAt,
  files,
}: Manifest): StoredModel {
  const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
  return { key, name, license, source, purpose: purpose ?? "watch", quantization, storedAt, byteLength };
}
