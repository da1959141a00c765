import { loadPart } from "../load-part.ts";
import type { FileStore } from "../storage/file-store.ts";
import { ifUnlocked, withLock } from "../storage/locks.ts";
import { openOpfsStore } from "../storage/opfs-store.ts";
import { countSpills, sweepSpills } from "../storage/spill-file.ts";
import { memoryLimit } from "./choose-place.ts";
import { gpuBudget } from "./gpu-budget.ts";
import { sourceKeyOf } from "./model-key.ts";
import {
  countStored,
  describeStored,
  keepAssumptions,
  listKeys,
  listModels,
  readManifest,
  removeDownload,
  removeModel,
} from "./stored-models.ts";
import { readFreeBytes, readLimits } from "./this-machine.ts";
import type { Library } from "./types.ts";

/** The browser's collection of models, as the page sees it. */
export function openLibrary(): Library {
  return {
    // Most of what reads others' checkpoints is here.
    async inspect(choice, signal) {
      const { inspect } = await loadPart(() => import("./inspect.ts"));
      return inspect(choice, await openOpfsStore(), signal);
    },
    async inspectSide(purpose, choice, signal) {
      const { offerSide } = await loadPart(() => import("./inspect.ts"));
      return offerSide(purpose, choice, await openOpfsStore(), signal);
    },
    async list() {
      const disk = await openOpfsStore();
      return disk ? (await listModels(disk)).map(describeStored) : [];
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
