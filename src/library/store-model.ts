import { AuroraError } from "../errors.ts";
import type { FileSet } from "../model/file-set.ts";
import type { FileStore } from "../storage/file-store.ts";
import { storageFull } from "../storage/storage-full.ts";
import { choosePlace, type Place } from "./choose-place.ts";
import { countDiskNeed, presentBytes, sum } from "./disk-space.ts";
import { modelKey } from "./model-key.ts";
import { type ModelPlan, planModel } from "./model-plan.ts";
import type { ModelSource } from "./model-source.ts";
import { type PlannedSource, planSource } from "./source-plan.ts";
import {
  convertInto,
  copyReady,
  downloadModelFiles,
  localCheckpoint,
  type Made,
  type StoreOptions,
} from "./store-files.ts";
import * as models from "./stored-models.ts";
import type { Quantization } from "./types.ts";

/** A model that is whole in a store. */
export type InStore = { readonly store: FileStore; readonly key: string; readonly notices: readonly string[] };

/**
 * Brings a source's model into the store, in one form: downloads what is missing, converts it, and only then lists it.
 * Goes on where an earlier attempt ended. The caller holds the source's lock.
 *
 * @throws AuroraError `DownloadFailed`, `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `AdapterTooSmall`, `StorageFull` or `Aborted`
 */
export async function storeModel(found: ModelSource, disk: FileStore | null, options: StoreOptions): Promise<InStore> {
  const { source, files, plan, place: used } = await lookAt(found, disk, options);
  const quantization = chooseForm(plan, options.quantization);
  const key = modelKey(source, quantization);
  if (disk && (await models.readManifest(disk, key))) return { store: disk, key, notices: [] };
  const need = (store: FileStore | null) => countDiskNeed(source, plan, quantization, store);
  const place = used ?? (await choosePlace(disk, await need(disk)));
  const { store } = place;
  try {
    const folder = models.modelFolder(store, key);
    const made =
      plan.ready === quantization
        ? await copyReady(source, plan, folder, options)
        : await convertInto(await localCheckpoint(source, files, plan, store, options), quantization, folder, options);
    await models.writeManifest(store, describe(source, plan, key, quantization, made));
    await models.removeDownload(store, source.key);
  } catch (error) {
    if (!(error instanceof AuroraError && error.code === "StorageFull")) throw error;
    const { missingBytes } = await need(store);
    throw storageFull(missingBytes, await store.fittingBytes(missingBytes), error);
  }
  return { store, key, notices: place.notice ? [place.notice] : [] };
}

type Looked = PlannedSource & {
  /** The source's files, at the source or downloaded. */
  readonly files: FileSet;
  /** Where they were downloaded to; null where they are still at the source. */
  readonly place: Place | null;
};

/** Finds out what the source's files are; where the server sends whole files only, after downloading them. */
async function lookAt(source: ModelSource, disk: FileStore | null, options: StoreOptions): Promise<Looked> {
  const { hub } = source;
  try {
    const planned = await planSource(source, options);
    return { ...planned, files: planned.source.files, place: null };
  } catch (error) {
    if (!hub || hub.files.servesRanges) throw error;
  }
  const all = hub.repository.files;
  const totalBytes = 2 * sum(all.map(({ byteLength }) => byteLength)); // the files, and what is made of them at most
  const missingBytes = totalBytes - (disk ? await presentBytes(models.downloadFolder(disk, source.key), all) : 0);
  const place = await choosePlace(disk, { totalBytes, missingBytes });
  const files = await downloadModelFiles(source, all, models.downloadFolder(place.store, source.key), options);
  return { source, plan: await planModel(files, options.assets, options.limits), files, place };
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
