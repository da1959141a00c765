import { listSessionFiles, readSessionFiles, removeSessionFiles } from "../../storage/session-files.ts";
import { inspectMemoryFile, type MemorySummary } from "../memory/memory-file.ts";

/** A session that saved itself (`WatchOptions.autosave`), to be opened again: `Assistant.open(file)`. */
export type SavedSession = MemorySummary & { readonly id: string; readonly file: Blob };

/** Sessions that are kept to be offered again; older ones go. */
const mostSaved = 5;

/**
 * The sessions of before that saved themselves and are in no tab, the newest first; none where nothing can be stored. Those
 * that are not whole, and all but the newest few, are deleted.
 */
export async function findSavedSessions(): Promise<readonly SavedSession[]> {
  const found: SavedSession[] = [];
  for (const id of await listSessionFiles()) {
    const saved = await findSavedSession(id);
    if (saved) found.push(saved);
    else await forgetSavedSession(id);
  }
  const [kept, contained] = withoutContained(found);
  for (const { id } of [...kept.splice(mostSaved), ...contained]) await forgetSavedSession(id);
  return kept;
}

/**
 * Sessions, the newest first, and apart from them those that a newer one went on from: a tab that ends in the middle of that
 * leaves both.
 */
export function withoutContained<S extends Omit<MemorySummary, "name" | "model">>(found: readonly S[]): [S[], S[]] {
  const kept: S[] = [];
  const contained: S[] = [];
  for (const each of [...found].sort((a, b) => b.savedMs - a.savedMs)) {
    const heir = kept.find(
      ({ lineage, watchedUntilSeconds, questions }) =>
        each.lineage !== null &&
        lineage === each.lineage &&
        watchedUntilSeconds >= each.watchedUntilSeconds &&
        questions >= each.questions,
    );
    (heir ? contained : kept).push(each);
  }
  return [kept, contained];
}

/** What one session saved of itself last (`SessionSnapshot.savedAs`), in use or not; null where there is nothing whole. */
export async function findSavedSession(id: string): Promise<SavedSession | null> {
  for (const file of await readSessionFiles(id)) {
    const summary = await inspectMemoryFile(file);
    if (summary) return { ...summary, id, file };
  }
  return null;
}

/** Deletes what a session saved of itself. */
export function forgetSavedSession(id: string): Promise<void> {
  return removeSessionFiles(id);
}

/** How often, and how many times, it is looked whether an heir has saved itself. */
const looks = { everyMs: 500, most: 120 };

/**
 * Deletes what a session saved of itself once the session that goes on from it has saved as much; leaves it where that never does.
 *
 * @param heir what that one, or the one that took its place meanwhile, saves itself as (`SessionSnapshot.savedAs`); null while none does
 */
export async function handOver(
  id: string,
  heir: () => string | null,
  { find, forget }: { find: (id: string) => Promise<unknown>; forget: (id: string) => Promise<void> } = {
    find: findSavedSession,
    forget: forgetSavedSession,
  },
  { everyMs, most } = looks,
): Promise<void> {
  for (let look = 0; look < most; look++) {
    const next = heir();
    if (next !== null && (await find(next))) return forget(id);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
