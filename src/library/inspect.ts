import { openModelFiles } from "../model/model-files.ts";
import type { ModelFolder } from "../model/model-folder.ts";
import type { FileStore } from "../storage/file-store.ts";
import { countDiskNeed } from "./disk-space.ts";
import { estimateGpuBytes, gpuBudget } from "./gpu-budget.ts";
import { appUrl, createAssets } from "./model-assets.ts";
import { findSource, type SourceChoice } from "./model-source.ts";
import { inspectSide } from "./side-models.ts";
import { planSource } from "./source-plan.ts";
import { describeStored, listModels, openStored } from "./stored-models.ts";
import { readFreeBytes, readLimits } from "./this-machine.ts";
import type { ModelChoice, ModelOffer, SideOffer, SidePurpose, StoredModel } from "./types.ts";
import { openModelFolder } from "./url-folder.ts";

/** What a model beside the assistant is, before it is stored. @throws AuroraError as `inspectSide` */
export async function offerSide(
  purpose: SidePurpose,
  choice: ModelChoice,
  disk: FileStore | null,
  signal?: AbortSignal,
): Promise<SideOffer> {
  const { stored, ...offer } = await inspectSide(purpose, choice, disk, signal ? { signal } : {});
  return { ...offer, stored: stored && describeStored(stored), freeDiskBytes: await readFreeBytes() };
}

/** What a model is, what it takes, and in which forms it would run here. @throws AuroraError as `Library.inspect` */
export function inspect(choice: ModelChoice, disk: FileStore | null, signal?: AbortSignal): Promise<ModelOffer> {
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
  const offer = await offerFolder(await openModelFiles(files), 0, [describeStored(manifest)]);
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
  const limits = await readLimits();
  const gpuBytes = estimateGpuBytes(config, tensors, byteLength, limits);
  const fits = gpuBytes <= gpuBudget(limits);
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
    stored: stored.map(describeStored),
  };
}
