import type { FileProgress, LoadProgress } from "./types.ts";

/** Fewer reports than the worker gets pieces of a download: ten a second are enough for a person. */
const intervalMs = 100;

/** Passes on reports of one stage not more often than `intervalMs`, but each stage's first and each file's last. */
export function createProgressGate(onProgress: ((progress: LoadProgress) => void) | undefined) {
  let stage = "";
  let last = Number.NEGATIVE_INFINITY;
  return (progress: LoadProgress, important = false) => {
    const now = performance.now();
    if (!important && progress.stage === stage && now - last < intervalMs) return;
    stage = progress.stage;
    last = now;
    onProgress?.(progress);
  };
}

export type ProgressGate = ReturnType<typeof createProgressGate>;

/** The list of files of one download. */
export type DownloadProgress = {
  /** `loadedBytes` of a file are there now. */
  update(path: string, loadedBytes: number, status: FileProgress["status"]): void;
  /** Bytes that are still missing. */
  readonly missingBytes: number;
};

/** @param present bytes of each file that are there already */
export function createDownloadProgress(
  files: readonly { readonly path: string; readonly byteLength: number }[],
  present: ReadonlyMap<string, number>,
  report: ProgressGate,
): DownloadProgress {
  const rows = new Map<string, FileProgress>();
  for (const { path, byteLength } of files) {
    const loadedBytes = Math.min(present.get(path) ?? 0, byteLength);
    rows.set(path, { path, loadedBytes, totalBytes: byteLength, status: "waiting" });
  }
  const totalBytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const loaded = () => [...rows.values()].reduce((sum, { loadedBytes }) => sum + loadedBytes, 0);
  return {
    update(path, loadedBytes, status) {
      const row = rows.get(path);
      if (!row) return;
      // What is hashed again is there all the while.
      const bytes = status === "checking" ? row.loadedBytes : loadedBytes;
      rows.set(path, { ...row, loadedBytes: bytes, status });
      const changed = status !== row.status;
      report({ stage: "download", loadedBytes: loaded(), totalBytes, files: [...rows.values()] }, changed);
    },
    get missingBytes() {
      return totalBytes - loaded();
    },
  };
}
