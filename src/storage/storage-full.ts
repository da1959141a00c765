import { AuroraError } from "../errors.ts";
import { isNamed, type OpenFile } from "./private-files.ts";

/** Whether an error says that the disk, or this site's share of it, is full. Firefox has a class and a name of its own. */
export function isFull(error: unknown): boolean {
  return isNamed(error, "QuotaExceededError", "NS_ERROR_FILE_NO_DEVICE_SPACE");
}

/** Writes all of `bytes`. @throws what `isFull` knows, where less was written */
export function writeAll(file: OpenFile, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  const written = file.write(bytes, { at });
  // Chromium throws nothing when the quota is spent, and returns -8 as an unsigned number.
  if (written !== bytes.length) throw new DOMException(`${written} of ${bytes.length} bytes`, "QuotaExceededError");
}

/** The error for a place that is full, where nobody knows how much is needed. */
export function outOfSpace(cause?: unknown): AuroraError {
  return new AuroraError(
    "StorageFull",
    "The browser has no room left for the model. Delete stored models or free disk space, then load it again: it goes on where it stopped.",
    cause,
  );
}

/** The error for a model that needs more room than there is, in bytes. */
export function storageFull(neededBytes: number, freeBytes: number, cause?: unknown): AuroraError {
  const [needed, free] = [neededBytes, freeBytes].map(describeBytes);
  return new AuroraError(
    "StorageFull",
    `Loading this model needs ${needed} more disk space, and ${free} are free for it. Delete stored models or free disk space, then load it again: it goes on where it stopped.`,
    cause,
  );
}

/** Bytes for people, in units of 1000. */
export function describeBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
