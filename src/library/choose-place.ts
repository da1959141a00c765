import { AuroraError } from "../errors.ts";
import type { FileStore } from "../storage/file-store.ts";
import { createMemoryStore } from "../storage/memory-store.ts";
import { describeBytes, storageFull } from "../storage/storage-full.ts";
import type { DiskNeed } from "./disk-space.ts";
import { countStored } from "./stored-models.ts";

/** Where a model goes, and what the person should know about it; null when there is nothing to say. */
export type Place = { readonly store: FileStore; readonly notice: string | null };

/**
 * Chooses the browser's storage where it has the space for a model, or would have it if other models were deleted; else
 * memory, where the model fits into that.
 *
 * @param disk null where the browser refuses its storage
 * @throws AuroraError `StorageFull` with the figures when there is no space
 */
export async function choosePlace(disk: FileStore | null, { totalBytes, missingBytes }: DiskNeed): Promise<Place> {
  const free = disk ? await disk.fittingBytes(missingBytes) : 0;
  if (disk && free >= missingBytes) return { store: disk, notice: null };
  const { modelBytes, partialBytes } = disk ? await countStored(disk) : { modelBytes: 0, partialBytes: 0 };
  const limit = memoryLimit();
  if (disk && (modelBytes + partialBytes + free >= missingBytes || totalBytes > limit))
    throw storageFull(missingBytes, free);
  const why = disk
    ? `This window may store only ${describeBytes(free)}, as private windows may, or the disk is nearly full`
    : "This window may store nothing, as some private windows";
  if (totalBytes > limit) {
    const size = `The model needs ${describeBytes(totalBytes)}, too much for memory`;
    throw new AuroraError("StorageFull", `${why}. ${size}. Use a normal window or a smaller model.`);
  }
  const notice = `${why}. The model is in memory only: it is downloaded again when the page is reloaded.`;
  return { store: createMemoryStore(limit), notice };
}

/** Half of the machine's memory as far as the browser tells it, which is at most 8 GiB. */
export function memoryLimit(): number {
  const { deviceMemory = 4 } = navigator as { deviceMemory?: number };
  return deviceMemory * 2 ** 29;
}
