import { openSessionFiles } from "../storage/session-files.ts";

/** Least time from one save to the next, but for those that cannot wait. */
const intervalMs = 10_000;

/** A session's copy on disk, from which it is offered again after a crash, a reload or a lost device. */
export type Autosave = {
  /** Saves soon, once the time from the last save is long enough; at once where it cannot wait, as after an answer. */
  due(urgent: boolean): void;
  /** Resolves once nothing is being written. @param keep whether the session is still to be offered */
  end(keep: boolean): Promise<void>;
};

/** @param save gives the session as a memory file; a failure of it, or of the disk, is no failure of the session */
export function createAutosave(id: string, save: () => Promise<Blob>): Autosave {
  const files = openSessionFiles(id).catch(() => null);
  let writing: Promise<void> = Promise.resolve();
  let waiting = false;
  let later: ReturnType<typeof setTimeout> | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  let dropped = false;

  async function write(): Promise<void> {
    waiting = false;
    const disk = await files;
    if (dropped || !disk) return;
    lastMs = performance.now();
    const file = await save();
    await disk.write(new Uint8Array(await file.arrayBuffer()));
  }

  function due(urgent: boolean): void {
    if (dropped || waiting) return;
    const restMs = urgent ? 0 : lastMs + intervalMs - performance.now();
    if (restMs > 0) {
      later ??= setTimeout(() => due(true), restMs);
      return;
    }
    clearTimeout(later);
    later = undefined;
    waiting = true;
    writing = writing.then(write).catch(() => due(false)); // tried again after the usual time
  }

  return {
    due,
    async end(keep) {
      dropped = !keep;
      clearTimeout(later);
      await writing;
      dropped = true;
      await (await files)?.close(keep);
    },
  };
}
