import { AuroraError } from "../errors.ts";

/** The error for a model that needs more room than there is. */
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
