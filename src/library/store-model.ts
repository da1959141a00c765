import type { HttpOptions } from "../bytes/http.ts";
import { AuroraError, assert } from "../errors.ts";
import { openCheckpoint } from "../model/checkpoint.ts";
import type { Checkpoint } from "../model/checkpoint-type.ts";
import { convertCheckpoint } from "../model/convert.ts";
import type { FileInfo, FileSet } from "../model/file-set.ts";
import type { FileStore } from "../storage/file-store.ts";
import { storageFull } from "../storage/storage-full.ts";
import { choosePlace, type Place } from "./choose-place.ts";
import { copyFile } from "./copy-file.ts";
import { countDiskNeed, presentBytes, sum } from "./disk-space.ts";
import { downloadFile } from "./download.ts";
import type { GpuLimits } from "./gpu-budget.ts";
import { createDownloadProgress, type ProgressGate } from "./load-progress.ts";
import type { ModelAssets } from "./model-assets.ts";
import { type ModelPlan, planModel } from "./model-plan.ts";
import { type ModelSource, modelKey } from "./model-source.ts";
import { type StoreFolder, storedFileSet } from "./store-folder.ts";
import { createStoreSink } from "./store-sink.ts";
import * as models from "./stored-models.ts";
import type { Quantization } from "./types.ts";

export type StoreOptions = HttpOptions & {
  readonly quantization: Quantization | "auto";
  readonly limits: GpuLimits;
  readonly assets: ModelAssets;
  readonly report: ProgressGate;
};

/** A model that is whole in a store. */
export type InStore = { readonly store: FileStore; readonly key: string; readonly notices: readonly string[] };

/**
 * Brings a source's model into the store, in one form: downloads what is missing, converts it, and only then lists it.
 * Goes on where an earlier attempt ended. The caller holds the source's lock.
 *
 * @throws AuroraError `DownloadFailed`, `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `AdapterTooSmall`, `StorageFull` or `Aborted`
 */
export async function storeModel(source: ModelSource, disk: FileStore | null, options: StoreOptions): Promise<InStore> {
  const { files, plan, place: used } = await lookAt(source, disk, options);
  const quantization = chooseForm(plan, options.quantization);
  const key = modelKey(source, quantization);
  if (disk && (await models.readManifest(disk, key))) return { store: disk, key, notices: [] };
  const room = (store: FileStore | null) => countDiskNeed(source, plan, quantization, store);
  const place = used ?? (await choosePlace(disk, await room(disk)));
  const { store } = place;
  try {
    const folder = models.modelFolder(store, key);
    const made =
      plan.ready === quantization
        ? await takeReady(source, plan, folder, options)
        : await convert(await localCheckpoint(source, files, plan, store, options), quantization, folder, options);
    await models.writeManifest(store, describe(source, plan, key, quantization, made));
    await models.removeDownload(store, source.key);
  } catch (error) {
    if (!(error instanceof AuroraError && error.code === "StorageFull")) throw error;
    const { missingBytes } = await room(store);
    throw storageFull(missingBytes, await store.fittingBytes(missingBytes), error);
  }
  return { store, key, notices: place.notice ? [place.notice] : [] };
}

type Looked = {
  readonly plan: ModelPlan;
  /** The source's files, at the source or downloaded. */
  readonly files: FileSet;
  /** Where they were downloaded to; null where they are still at the source. */
  readonly place: Place | null;
};

/** Finds out what the source's files are; where the server sends whole files only, after downloading them. */
async function lookAt(source: ModelSource, disk: FileStore | null, options: StoreOptions): Promise<Looked> {
  const { hub } = source;
  try {
    return { plan: await planModel(source.files, options.assets, options.limits), files: source.files, place: null };
  } catch (error) {
    if (!hub || hub.files.servesRanges) throw error;
  }
  const all = hub.repository.files;
  const totalBytes = 2 * sum(all.map(({ byteLength }) => byteLength)); // the files, and what is made of them at most
  const missingBytes = totalBytes - (disk ? await presentBytes(models.downloadFolder(disk, source.key), all) : 0);
  const place = await choosePlace(disk, { totalBytes, missingBytes });
  const files = await download(source, all, models.downloadFolder(place.store, source.key), options);
  return { plan: await planModel(files, options.assets, options.limits), files, place };
}

function chooseForm({ options, recommended, name }: ModelPlan, wanted: Quantization | "auto"): Quantization {
  if (wanted !== "auto") {
    if (options.some(({ quantization }) => quantization === wanted)) return wanted;
    const forms = options.map(({ quantization }) => quantization).join(", ");
    throw new AuroraError(
      "ModelUnsupported",
      `${name} is already quantised and comes as ${forms} only. Load it as that.`,
    );
  }
  if (recommended) return recommended;
  const smallest = options.at(-1)?.quantization ?? "int4";
  throw new AuroraError(
    "AdapterTooSmall",
    `This graphics adapter is likely too small for ${name}, even as ${smallest}. Choose a smaller model, or choose ${smallest} to try it all the same.`,
  );
}

/** Downloads some of a repository's files, one after the other. */
async function download(
  source: ModelSource,
  wanted: readonly { readonly path: string; readonly byteLength: number }[],
  folder: StoreFolder,
  options: StoreOptions,
): Promise<FileSet> {
  const repository = source.hub?.repository;
  assert(repository, `${source.label} is on no hub`);
  const there = new Map<string, number>();
  for (const { path } of wanted) there.set(path, await folder.presentBytes(path));
  const progress = createDownloadProgress(wanted, there, options.report);
  for (const file of repository.files.filter(({ path }) => there.has(path))) {
    await downloadFile(file, folder, {
      ...options,
      onProgress: (bytes, status) => progress.update(file.path, bytes, status),
    });
    progress.update(file.path, file.byteLength, "done");
  }
  return storedFileSet(
    folder,
    source.label,
    wanted.map(({ path, byteLength }) => ({ path, byteLength, sha256: null })),
  );
}

/** The checkpoint where it can be read quickly: what is on a hub is downloaded first. */
async function localCheckpoint(
  source: ModelSource,
  files: FileSet,
  plan: ModelPlan,
  store: FileStore,
  options: StoreOptions,
): Promise<Checkpoint> {
  assert(plan.checkpoint, `${plan.name} can be converted`);
  if (!source.hub || files !== source.files) return plan.checkpoint;
  const folder = models.downloadFolder(store, source.key);
  return openCheckpoint(await download(source, plan.files, folder, options), options.assets);
}

/** What came into a model's folder. */
type Made = { readonly files: models.Manifest["files"]; readonly notices: readonly string[] };

async function convert(
  checkpoint: Checkpoint,
  quantization: Quantization,
  folder: StoreFolder,
  { signal, report }: StoreOptions,
): Promise<Made> {
  const sink = createStoreSink(folder);
  const result = await convertCheckpoint(checkpoint, quantization, sink, {
    have: sink.have,
    ...(signal ? { signal } : {}),
    onProgress: (loadedBytes, totalBytes) => report({ stage: "convert", loadedBytes, totalBytes }),
  });
  return { files: [...result.files].map(([path, file]) => ({ path, ...pick(file) })), notices: result.notices };
}

/** Takes the files of a model folder of ours as they are. */
async function takeReady(
  source: ModelSource,
  plan: ModelPlan,
  folder: StoreFolder,
  options: StoreOptions,
): Promise<Made> {
  if (source.hub) await download(source, plan.files, folder, options);
  else {
    const totalBytes = sum(plan.files.map(({ byteLength }) => byteLength));
    let done = 0;
    for (const { path, byteLength } of plan.files) {
      const before = done;
      const onProgress = (bytes: number) =>
        options.report({ stage: "convert", loadedBytes: before + bytes, totalBytes });
      await copyFile(await source.files.open(path), path, folder, { ...options, onProgress });
      done += byteLength;
    }
  }
  const files: (FileInfo & { byteLength: number })[] = [];
  for (const { path } of plan.files) {
    const record = await folder.whole(path);
    assert(record, `${path} is whole`);
    files.push({ path, ...pick(record) });
  }
  return { files, notices: [] };
}

function describe(
  source: ModelSource,
  plan: ModelPlan,
  key: string,
  quantization: Quantization,
  { files, notices }: Made,
): models.Manifest {
  return {
    format: models.manifestFormat,
    key,
    name: plan.name,
    license: source.license ?? plan.license,
    source: source.label,
    sourceKey: source.key,
    quantization,
    storedAt: Date.now(),
    notices,
    files,
  };
}

function pick({ byteLength, sha256 }: { readonly byteLength: number; readonly sha256: string }) {
  return { byteLength, sha256 };
}
