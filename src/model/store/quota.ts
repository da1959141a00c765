import { AuroraError } from "../../errors.ts";

/** Room for files in this window, in bytes; null where the browser does not tell. */
export type Room = { readonly free: number | null; readonly total: number | null };

/** What `navigator.storage.estimate()` says. */
export async function readRoom(): Promise<Room> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    if (quota === undefined || usage === undefined) return { free: null, total: null };
    return { free: Math.max(0, quota - usage), total: quota };
  } catch {
    return { free: null, total: null };
  }
}

/** The error for a model that needs more room than there is. */
export function storageFull(neededBytes: number, free: number | null, cause?: unknown): AuroraError {
  const there = free === null ? "the browser has no more" : `the browser has ${describeBytes(free)} free`;
  return new AuroraError(
    "StorageFull",
    `Loading this model needs ${describeBytes(neededBytes)} more disk space, ${there}. Delete stored models or free disk space, then load it again: it goes on where it stopped.`,
    cause,
  );
}

/** Bytes for people, in units of 1000. */
export function describeBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
