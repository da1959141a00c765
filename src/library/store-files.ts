import { assert } from "../errors.ts";
import { openCheckpoint } from "../model/checkpoint.ts";
import type { Checkpoint } from "../model/checkpoint-type.ts";
import { convertCheckpoint } from "../model/convert.ts";
import type { FileInfo, FileSet } from "../model/file-set.ts";
import type { FileStore } from "../storage/file-store.ts";
import { copyFile } from "./copy-file.ts";
import { sum } from "./disk-space.ts";
import { downloadFile } from "./download.ts";
import { createDownloadProgress, type ProgressGate } from "./load-progress.ts";
import type { ModelPlan } from "./model-plan.ts";
import type { ModelSource } from "./model-source.ts";
import { onHub, type PlanOptions, withDownloaded } from "./source-plan.ts";
import { type StoreFolder, storedFileSet } from "./store-folder.ts";
import { createStoreSink } from "./store-sink.ts";
import * as models from "./stored-models.ts";
import type { Quantization } from "./types.ts";

/** How a model comes into the store. */
export type StoreOptions = PlanOptions & {
  readonly quantization: Quantization | "auto";
  readonly report: ProgressGate;
};

/** Downloads some of a repository's files, one after the other. */
export async function downloadModelFiles(
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
      onProgress: (bytes, status) => progress(file.path, bytes, status),
    });
    progress(file.path, file.byteLength, "done");
  }
  return storedFileSet(
    folder,
    source.label,
    wanted.map(({ path, byteLength }) => ({ path, byteLength, sha256: null })),
  );
}

/** The checkpoint where it can be read quickly: what is on a hub is downloaded first. */
export async function localCheckpoint(
  source: ModelSource,
  files: FileSet,
  plan: ModelPlan,
  store: FileStore,
  options: StoreOptions,
): Promise<Checkpoint> {
  assert(plan.checkpoint, `${plan.name} can be converted`);
  if (!source.hub || files !== source.files) return plan.checkpoint;
  const folder = models.downloadFolder(store, source.key);
  const downloaded = await downloadModelFiles(source, onHub(source, plan.files), folder, options);
  return openCheckpoint(withDownloaded(source, downloaded), options.assets);
}

/** What came into a model's folder. */
export type Made = { readonly files: models.Manifest["files"]; readonly notices: readonly string[] };

/** Converts a checkpoint into a model's folder. */
export async function convertInto(
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

/** Takes the files of a model folder of ours into the store as they are. */
export async function copyReady(
  source: ModelSource,
  plan: ModelPlan,
  folder: StoreFolder,
  options: StoreOptions,
): Promise<Made> {
  if (source.hub) await downloadModelFiles(source, plan.files, folder, options);
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

function pick({ byteLength, sha256 }: { readonly byteLength: number; readonly sha256: string }) {
  return { byteLength, sha256 };
}
