import { writeFile } from "./file-store.ts";
import { holdLock, ifUnlocked } from "./locks.ts";
import { openOpfsStore } from "./opfs-store.ts";

/** Where sessions save themselves: a folder each, in which two files take turns, so that one is always whole. */
const folder = "sessions";

/** The files of one session, which no other tab takes for one that was left while they are open. */
export type SessionFiles = {
  /** Replaces the older one of the two. @throws AuroraError `StorageFull` */
  write(content: Uint8Array): Promise<void>;
  /** @param keep whether they are still to be found */
  close(keep: boolean): Promise<void>;
};

/** Opens a new session's files, in a worker; null where nothing can be stored. */
export async function openSessionFiles(id: string): Promise<SessionFiles | null> {
  const store = await openOpfsStore();
  if (!store) return null;
  const lock = await holdLock(lockName(id), "exclusive");
  let turn = 0;
  return {
    async write(content) {
      const path = `${folder}/${id}/${turn}`;
      // Made anew: Chromium's private windows leave a file that is written over the time it had, by which the newer one is known.
      await store.remove(path);
      await writeFile(store, path, content);
      turn = 1 - turn;
    },
    async close(keep) {
      if (!keep) await store.remove(`${folder}/${id}`);
      lock.release();
    },
  };
}

/** The sessions that saved themselves and are open in no tab. */
export async function listSessionFiles(): Promise<readonly string[]> {
  const store = await openOpfsStore();
  const left: string[] = [];
  for (const id of (await store?.folders(folder)) ?? []) {
    await ifUnlocked(lockName(id), async () => {
      left.push(id);
    });
  }
  return left;
}

/** What a session saved, the newest first; the newest may have been cut off. */
export async function readSessionFiles(id: string): Promise<readonly Blob[]> {
  const store = await openOpfsStore();
  const read = [0, 1].map((turn) => store?.read(`${folder}/${id}/${turn}`));
  const files = (await Promise.all(read)).filter((file) => file instanceof File);
  return files.sort((a, b) => b.lastModified - a.lastModified);
}

/** Deletes what a session saved. */
export async function removeSessionFiles(id: string): Promise<void> {
  const store = await openOpfsStore();
  await store?.remove(`${folder}/${id}`);
}

function lockName(id: string): string {
  return `session ${id}`;
}
