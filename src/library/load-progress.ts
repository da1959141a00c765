import type { FileProgress, LoadProgress } from "./types.ts";

/** Fewer reports than the worker gets pieces of a download: ten a second are enough for a person. */
const intervalMs = 100;

/** Passes on the newest report every `intervalMs`, and at once each stage's first and those marked as important. */
export function createProgressGate(onProgress: ((progress: LoadProgress) => void) | undefined) {
  let stage = "";
  let last = Number.NEGATIVE_INFINITY;
  let waiting: LoadProgress | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pass = (progress: LoadProgress) => {
    clearTimeout(timer);
    waiting = null;
    stage = progress.stage;
    last = performance.now();
    onProgress?.(progress);
  };
  return (progress: LoadProgress, important = false) => {
    const wait = last + intervalMs - performance.now();
    if (important || progress.stage !== stage || wait <= 0) return pass(progress);
    // Shown a little later, so that the last report before a silence is not lost.
    if (!waiting) timer = setTimeout(() => waiting && pass(waiting), wait);
    waiting = progress;
  };
}

export type ProgressGate = ReturnType<typeof createProgressGate>;

/** Reports a download's list of files each time that `loadedBytes` of one are there. */
export type DownloadProgress = (path: string, loadedBytes: number, status: FileProgress["status"]) => void;

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
  return (path, loadedBytes, status) => {
    const row = rows.get(path);
    if (!row) return;
    // What is hashed again is there all the while.
    const bytes = status === "checking" ? row.loadedBytes : loadedBytes;
    rows.set(path, { ...row, loadedBytes: bytes, status });
    const changed = status !== row.status;
    report({ stage: "download", loadedBytes: loaded(), totalBytes, files: [...rows.values()] }, changed);
  };
}
