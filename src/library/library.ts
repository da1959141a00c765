import { describeAdapter } from "../gpu/device.ts";
import { openModelFiles } from "../model/model-files.ts";
import type { ModelFolder } from "../model/model-folder.ts";
import type { FileStore } from "../storage/file-store.ts";
import { ifUnlocked, withLock } from "../storage/locks.ts";
import { openOpfsStore } from "../storage/opfs-store.ts";
import { countSpills, sweepSpills } from "../storage/spill-file.ts";
import { memoryLimit } from "./choose-place.ts";
import { countDiskNeed } from "./disk-space.ts";
import { estimateGpuBytes, type GpuLimits, gpuBudget, readGpuLimits } from "./gpu-budget.ts";
import { appUrl, createAssets } from "./model-assets.ts";
import { findSource, type SourceChoice, sourceKeyOf } from "./model-source.ts";
import { inspectSide } from "./side-models.ts";
import { planSource } from "./source-plan.ts";
import {
  countStored,
  keepAssumptions,
  listKeys,
  listModels,
  type Manifest,
  openStored,
  readManifest,
  removeDownload,
  removeModel,
} from "./stored-models.ts";
import type { Library, ModelChoice, ModelOffer, SideOffer, SidePurpose, StoredModel } from "./types.ts";
import { openModelFolder } from "./url-folder.ts";

/** The browser's collection of models, as the page sees it. */
export function openLibrary(): Library {
  return {
    inspect: async (choice, signal) => inspect(choice, await openOpfsStore(), signal),
    inspectSide: async (purpose, choice, signal) => offerSide(purpose, choice, await openOpfsStore(), signal),
    async list() {
      const disk = await openOpfsStore();
      return disk ? (await listModels(disk)).map(describe) : [];
    },
    async capacity() {
      const limits = await readLimits();
      return { bytes: gpuBudget(limits), software: limits.software };
    },
    keep: async (key, assumptions) => keepAssumptions(await openOpfsStore(), key, assumptions),
    async remove(key) {
      const disk = await openOpfsStore();
      if (!disk) return;
      if (key === undefined) await removeAll(disk);
      else await withLock(key, "exclusive", undefined, () => removeModel(disk, key));
    },
    async usage() {
      const disk = await openOpfsStore();
      const stored = disk ? await countStored(disk) : { modelBytes: 0, partialBytes: 0 };
      const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
      const [spillBytes, freeBytes] = await Promise.all([countSpills(), readFreeBytes()]);
      return {
        ...stored,
        spillBytes,
        freeBytes,
        persisted,
        place: disk ? "disk" : "memory",
        memoryBytes: memoryLimit(),
      };
    },
  };
}

/** Deletes all models, and what was begun of others, or spilled, unless some tab is at it. */
async function removeAll(disk: FileStore): Promise<void> {
  const keys = await listKeys(disk);
  for (const key of keys.models) {
    const remove = () => removeModel(disk, key);
    if (await readManifest(disk, key)) await withLock(key, "exclusive", undefined, remove);
    else await ifUnlocked(sourceKeyOf(key), remove);
  }
  for (const source of keys.sources) await ifUnlocked(source, () => removeDownload(disk, source));
  await sweepSpills();
}

function describe({ key, name, license, source, purpose, quantization, storedAt, files }: Manifest): StoredModel {
  const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
  return { key, name, license, source, purpose: purpose ?? "watch", quantization, storedAt, byteLength };
}

async function offerSide(
  purpose: SidePurpose,
  choice: ModelChoice,
  disk: FileStore | null,
  signal?: AbortSignal,
): Promise<SideOffer> {
  const { stored, ...offer } = await inspectSide(purpose, choice, disk, signal ? { signal } : {});
  return { ...offer, stored: stored && describe(stored), freeDiskBytes: await readFreeBytes() };
}

function inspect(choice: ModelChoice, disk: FileStore | null, signal?: AbortSignal): Promise<ModelOffer> {
  const options = signal ? { signal } : {};
  if (choice.kind === "folder") {
    const url = new URL(choice.url, document.baseURI).href;
    return openModelFolder(url, { ...options, wholeBytes: 0 }).then((folder) =>
      offerFolder(folder, folder.byteLength, []),
    );
  }
  return choice.kind === "stored" ? inspectStored(choice.key, disk) : inspectSource(choice, disk, options);
}

async function inspectStored(key: string, disk: FileStore | null): Promise<ModelOffer> {
  const { manifest, files } = await openStored(disk, key);
  const offer = await offerFolder(await openModelFiles(files), 0, [describe(manifest)]);
  const listed = manifest.files.map(({ path, byteLength }) => ({ path, byteLength }));
  return { ...offer, name: manifest.name, license: manifest.license, files: listed };
}

/** A model folder of ours that needs no conversion. */
async function offerFolder(
  { config, tensors, byteLength, parameters }: ModelFolder,
  downloadBytes: number,
  stored: readonly StoredModel[],
): Promise<ModelOffer> {
  const { quantization } = config;
  const gpuBytes = estimateGpuBytes(config, tensors, byteLength);
  const fits = gpuBytes <= gpuBudget(await readLimits());
  return {
    name: config.name,
    license: config.license,
    revision: null,
    layout: "model folder of this app",
    sees: config.vision !== null,
    parameters,
    files: [],
    downloadBytes,
    diskBytes: 0,
    freeDiskBytes: await readFreeBytes(),
    options: [{ quantization, storedBytes: stored[0]?.byteLength ?? 0, gpuBytes, fits }],
    recommended: fits ? quantization : null,
    stored,
  };
}

async function inspectSource(
  choice: SourceChoice,
  disk: FileStore | null,
  options: { readonly signal?: AbortSignal },
): Promise<ModelOffer> {
  const found = await findSource(choice, options);
  const assets = createAssets(appUrl(), options.signal);
  const { source, plan } = await planSource(found, { ...options, assets, limits: await readLimits() });
  const form = plan.recommended ?? plan.options.at(-1)?.quantization ?? "f16";
  const need = await countDiskNeed(source, plan, form, disk);
  const stored = disk
    ? (await listModels(disk)).filter(({ sourceKey, purpose }) => sourceKey === source.key && !purpose)
    : [];
  const isStored = stored.some(({ quantization }) => quantization === form);
  return {
    name: plan.name,
    license: source.license ?? plan.license,
    revision: source.revision,
    layout: plan.layout,
    sees: plan.sees,
    parameters: plan.parameters,
    files: plan.files.map(({ path, byteLength }) => ({ path, byteLength })),
    downloadBytes: source.hub && !isStored ? need.downloadBytes : 0,
    diskBytes: isStored ? 0 : need.missingBytes,
    freeDiskBytes: await readFreeBytes(),
    options: plan.options,
    recommended: plan.recommended,
    stored: stored.map(describe),
  };
}

/** Limits of the adapter that a model would be loaded on; of nothing where there is none. */
async function readLimits(): Promise<GpuLimits> {
  const gpu = (navigator as { gpu?: GPU }).gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return { maxBufferSize: 0, software: true, deviceMemory: null };
  return readGpuLimits(adapter, describeAdapter(adapter));
}

/** What the browser says that may still be stored, which is a guess at best; null where it says nothing. */
async function readFreeBytes(): Promise<number | null> {
  const { quota, usage } = (await navigator.storage?.estimate().catch(() => ({}) as StorageEstimate)) ?? {};
  return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
}
