import type { HttpOptions } from "../bytes/http.ts";
import { AuroraError } from "../errors.ts";
import type { FileSet } from "../model/file-set.ts";
import type { FileStore } from "../storage/file-store.ts";
import { holdLock, withLock } from "../storage/locks.ts";
import { openOpfsStore } from "../storage/opfs-store.ts";
import { storageFull } from "../storage/storage-full.ts";
import { choosePlace } from "./choose-place.ts";
import { copyFile } from "./copy-file.ts";
import { presentBytes, sum } from "./disk-space.ts";
import { downloadFile } from "./download.ts";
import { createDownloadProgress, createProgressGate } from "./load-progress.ts";
import { findSource, type ModelSource } from "./model-source.ts";
import * as models from "./stored-models.ts";
import type { LoadProgress, ModelChoice, SideOffer, SidePurpose } from "./types.ts";
import { findNamedFiles } from "./url-folder.ts";

const speechFiles = [
  "config.json",
  "generation_config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "onnx/encoder_model_quantized.onnx",
  "onnx/decoder_model_merged_quantized.onnx",
];

/** Which files of a repository a model of each purpose consists of, and which of them it has to have. */
type Parts = {
  readonly wanted: RegExp;
  readonly named: readonly string[];
  readonly needed: readonly RegExp[];
  /** What has all of them, for people. */
  readonly like: string;
};

const parts: Readonly<Record<SidePurpose, Parts>> = {
  search: {
    wanted:
      /^((config|preprocessor_config|tokenizer|tokenizer_config|model\.safetensors\.index)\.json|[^/]+\.safetensors)$/,
    named: ["config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"],
    needed: [/^config\.json$/, /\.safetensors$/],
    like: "a SigLIP, like google/siglip-base-patch16-224",
  },
  speech: {
    wanted:
      /^((config|generation_config|preprocessor_config|tokenizer|tokenizer_config)\.json|onnx\/(encoder_model|decoder_model_merged)_quantized\.onnx)$/,
    named: speechFiles,
    needed: speechFiles.map((path) => new RegExp(`^${path.replaceAll(".", "\\.")}$`)),
    like: "a Whisper for transformers.js, like onnx-community/whisper-base",
  },
};

/** A model beside the assistant whose files can be read. */
export type OpenedSide = {
  readonly files: FileSet;
  readonly name: string;
  readonly license: string;
  /** Its key in the store that outlives this window; null where it is in none. */
  readonly storedKey: string | null;
  readonly notices: readonly string[];
  /** Its files are read no more: it may be deleted from now on. */
  release(): void;
};

type SideOptions = HttpOptions & { readonly onProgress?: (progress: LoadProgress) => void };

type Looked = Omit<SideOffer, "stored" | "freeDiskBytes"> & { readonly stored: models.Manifest | null };

/** What a choice is, as its list of files tells. @throws AuroraError `ModelNotFound`, `DownloadFailed`, `ModelUnsupported`, `Aborted` */
export async function inspectSide(
  purpose: SidePurpose,
  choice: ModelChoice,
  disk: FileStore | null,
  options: HttpOptions,
): Promise<Looked> {
  if (choice.kind === "stored") {
    const { manifest } = await models.openStored(disk, choice.key);
    const { name, license, files } = manifest;
    const byteLength = sum(files.map((file) => file.byteLength));
    return { name, license, revision: null, files, byteLength, downloadBytes: 0, stored: manifest };
  }
  if (choice.kind === "folder") {
    const { label, files } = await findNamedFiles(choice.url, parts[purpose].named, { ...options, wholeBytes: 0 });
    const listed = files.map(({ path, byteLength }) => ({ path, byteLength: byteLength ?? 0 }));
    const byteLength = sum(listed.map((file) => file.byteLength));
    return {
      name: label,
      license: "unknown",
      revision: null,
      files: listed,
      byteLength,
      downloadBytes: 0,
      stored: null,
    };
  }
  const source = await findSource(choice, options);
  const files = pick(purpose, source);
  const stored = disk && (await models.readManifest(disk, sideKey(source, purpose)));
  const present = disk ? await presentBytes(models.modelFolder(disk, sideKey(source, purpose)), files) : 0;
  const byteLength = sum(files.map((file) => file.byteLength));
  return {
    name: source.name,
    license: source.license ?? "unknown",
    revision: source.revision,
    files,
    byteLength,
    downloadBytes: stored || !source.hub ? 0 : byteLength - present,
    stored,
  };
}

/**
 * Opens a model for something beside the assistant; one from a hub or from picked files is stored first, as it is. Goes on
 * where an earlier attempt ended. Runs in a worker.
 *
 * @throws AuroraError as `storeModel`
 */
export async function openSide(purpose: SidePurpose, choice: ModelChoice, options: SideOptions): Promise<OpenedSide> {
  if (choice.kind === "folder") {
    const { signal } = options;
    const files = await findNamedFiles(choice.url, parts[purpose].named, signal ? { signal } : {});
    return { files, name: choice.url, license: "unknown", storedKey: null, notices: [], release: () => undefined };
  }
  const disk = await openOpfsStore();
  if (choice.kind === "stored") return openStored(disk, choice.key, choice.key, []);
  const source = await findSource(choice, options);
  const key = sideKey(source, purpose);
  if (disk && (await models.readManifest(disk, key))) return openStored(disk, key, key, []);
  const { store, notices } = await withLock(source.key, "exclusive", options.signal, () =>
    storeSide(purpose, source, disk, options),
  );
  return openStored(store, key, store === disk ? key : null, notices);
}

async function openStored(
  store: FileStore | null,
  key: string,
  storedKey: string | null,
  notices: readonly string[],
): Promise<OpenedSide> {
  const lock = await holdLock(key, "shared");
  try {
    const { manifest, files } = await models.openStored(store, key);
    return { files, name: manifest.name, license: manifest.license, storedKey, notices, release: lock.release };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function storeSide(purpose: SidePurpose, source: ModelSource, disk: FileStore | null, options: SideOptions) {
  const key = sideKey(source, purpose);
  const files = pick(purpose, source);
  const totalBytes = sum(files.map(({ byteLength }) => byteLength));
  const missing = async (store: FileStore | null) =>
    totalBytes - (store ? await presentBytes(models.modelFolder(store, key), files) : 0);
  const { store, notice } = await choosePlace(disk, { totalBytes, missingBytes: await missing(disk) });
  if (await models.readManifest(store, key)) return { store, notices: [] };
  const folder = models.modelFolder(store, key);
  const there = new Map<string, number>();
  for (const { path } of files) there.set(path, await folder.presentBytes(path));
  const progress = createDownloadProgress(files, there, createProgressGate(options.onProgress));
  try {
    for (const { path, byteLength } of files) {
      const remote = source.hub?.repository.files.find((file) => file.path === path);
      const told = { ...options, onProgress: undefined };
      if (remote)
        await downloadFile(remote, folder, { ...told, onProgress: (bytes, status) => progress(path, bytes, status) });
      else
        await copyFile(await source.files.open(path), path, folder, {
          ...told,
          onProgress: (bytes) => progress(path, bytes, "loading"),
        });
      progress(path, byteLength, "done");
    }
    await models.writeManifest(store, await describe(purpose, source, key, files, folder));
  } catch (error) {
    if (!(error instanceof AuroraError && error.code === "StorageFull")) throw error;
    const bytes = await missing(store);
    throw storageFull(bytes, await store.fittingBytes(bytes), error);
  }
  return { store, notices: notice ? [notice] : [] };
}

async function describe(
  purpose: SidePurpose,
  source: ModelSource,
  key: string,
  files: readonly { readonly path: string; readonly byteLength: number }[],
  folder: ReturnType<typeof models.modelFolder>,
): Promise<models.Manifest> {
  const whole = [];
  for (const { path, byteLength } of files)
    whole.push({ path, byteLength, sha256: (await folder.whole(path))?.sha256 ?? null });
  return {
    format: models.manifestFormat,
    key,
    name: source.name,
    license: source.license ?? "unknown",
    source: source.label,
    sourceKey: source.key,
    purpose,
    quantization: "f16",
    storedAt: Date.now(),
    notices: [],
    files: whole,
  };
}

/** The files of a source that are wanted. @throws AuroraError `ModelUnsupported` where it lacks what is needed */
function pick(purpose: SidePurpose, source: ModelSource): readonly { path: string; byteLength: number }[] {
  const { wanted, needed, like } = parts[purpose];
  const all = source.hub?.repository.files ?? source.files.files;
  const files = all
    .filter(({ path }) => wanted.test(path))
    .map(({ path, byteLength }) => ({ path, byteLength: byteLength ?? 0 }));
  if (needed.every((each) => files.some(({ path }) => each.test(path)))) return files;
  throw new AuroraError("ModelUnsupported", `${source.name} has not the files of ${like}. Choose another model.`);
}

/** Its name in the store. */
function sideKey(source: Pick<ModelSource, "key">, purpose: SidePurpose): string {
  return `${source.key}-${purpose}`;
}
