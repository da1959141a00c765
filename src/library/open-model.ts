import { loadPart } from "../load-part.ts";
import { openModelFiles } from "../model/model-files.ts";
import type { ModelFolder } from "../model/model-folder.ts";
import type { FileStore } from "../storage/file-store.ts";
import { holdLock, withLock } from "../storage/locks.ts";
import { openOpfsStore } from "../storage/opfs-store.ts";
import { sweepSpills } from "../storage/spill-file.ts";
import { createProgressGate } from "./load-progress.ts";
import { modelKey } from "./model-key.ts";
import type { StoreOptions } from "./store-files.ts";
import { openStored, readManifest } from "./stored-models.ts";
import type { LoadProgress, ModelChoice } from "./types.ts";
import { openModelFolder } from "./url-folder.ts";

export type OpenModelOptions = Omit<StoreOptions, "report"> & {
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
};

/** A model whose tensors can be read. */
export type OpenedModel = {
  readonly folder: ModelFolder;
  /** Its key in the store that outlives this window; null where it is in none. */
  readonly storedKey: string | null;
  /** Sentences for the person. */
  readonly notices: readonly string[];
  /** Its tensors are read no more: a stored model may be deleted from now on. */
  release(): void;
};

/** A turn that takes longer than this to come is another tab's. */
const turnMs = 500;

/**
 * Opens whichever model was chosen; one from a hub or from files of the person's is stored first. Runs in a worker.
 *
 * @throws AuroraError those of `storeModel`
 */
export async function openModel(choice: ModelChoice, options: OpenModelOptions): Promise<OpenedModel> {
  const { signal, quantization } = options;
  // What sessions of workers that are gone left on disk. Nothing waits for it, and nothing depends on it.
  void sweepSpills().catch(() => undefined);
  const opening = { ...options, report: createProgressGate(options.onProgress) };
  if (choice.kind === "folder") {
    const folder = await openModelFolder(choice.url, {
      ...options,
      onProgress: (loadedBytes, totalBytes) => options.onProgress?.({ stage: "download", loadedBytes, totalBytes }),
    });
    return { folder, storedKey: null, notices: [], release: () => undefined };
  }
  const disk = await openOpfsStore();
  const openFromDisk = (key: string) => openFromStore(disk, key, { storedKey: key, notices: [] }, opening);
  if (choice.kind === "stored") return openFromDisk(choice.key);
  const begun = { stage: choice.kind === "hub" ? "download" : "convert", loadedBytes: 0, totalBytes: null } as const;
  opening.report(begun);
  // Most of what reads others' checkpoints and writes models of them is here.
  const [{ findSource }, { storeModel }] = await loadPart(() =>
    Promise.all([import("./model-source.ts"), import("./store-model.ts")]),
  );
  const source = await findSource(choice, options);
  const known = quantization === "auto" ? null : modelKey(source, quantization);
  if (disk && known && (await readManifest(disk, known))) return openFromDisk(known);
  // Another tab that loads the same model goes first; then it is there.
  const timer = setTimeout(() => opening.report({ ...begun, waiting: true }, true), turnMs);
  const { store, key, notices } = await withLock(source.key, "exclusive", signal, () => {
    clearTimeout(timer);
    return storeModel(source, disk, opening);
  }).finally(() => clearTimeout(timer));
  return openFromStore(store, key, { storedKey: store === disk ? key : null, notices }, opening);
}

async function openFromStore(
  store: FileStore | null,
  key: string,
  found: Pick<OpenedModel, "storedKey" | "notices">,
  { signal, report }: StoreOptions,
): Promise<OpenedModel> {
  const lock = await holdLock(key, "shared", signal);
  try {
    const { manifest, files } = await openStored(store, key);
    const opened = await openModelFiles(files, {
      ...(signal ? { signal } : {}),
      ...(manifest.assumptions ? { assumptions: manifest.assumptions } : {}),
      onProgress: (loadedBytes, totalBytes) => report({ stage: "prepare", loadedBytes, totalBytes }),
    });
    // A repository's page often names the licence that its files do not.
    const folder = { ...opened, config: { ...opened.config, license: manifest.license } };
    const notices = [...found.notices, ...manifest.notices];
    return { folder, storedKey: found.storedKey, notices, release: lock.release };
  } catch (error) {
    lock.release();
    throw error;
  }
}
