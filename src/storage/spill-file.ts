import { AuroraError } from "../errors.ts";
import { holdLock, ifUnlocked } from "./locks.ts";
import { isNamed, type OpenFile, openFile, openOrigin, openRoot, orNull } from "./private-files.ts";
import { writeAll } from "./storage-full.ts";

/**
 * A file for what does not fit into memory, gone with the worker that opened it: its name is locked for as long as that lives,
 * so that what a crash, a reload or an ended worker left can be told from what is in use, and swept.
 */
export type SpillFile = Pick<OpenFile, "read" | "write" | "close"> & {
  /** Deletes it; closed before. */
  remove(): Promise<void>;
};

const folderName = "spill";

/**
 * Opens a new spill file, in a worker, after sweeping what others left.
 *
 * @throws AuroraError `StorageFull` where the browser refuses its storage; the browser's errors. `write` throws what `isFull` knows
 */
export async function openSpillFile(): Promise<SpillFile> {
  await sweepSpills().catch(() => undefined);
  const root = await openRoot();
  if (!root) throw new AuroraError("StorageFull", "This window may store nothing on disk. Use a normal window.");
  const { file, remove } = await openTemporary(root);
  return {
    read: (buffer, options) => file.read(buffer, options),
    write(buffer, { at }) {
      writeAll(file, buffer, at);
      return buffer.length;
    },
    close: () => file.close(),
    remove,
  };
}

/** A new locked file in the spill folder. `remove` deletes it once it is closed. */
export async function openTemporary(
  root: FileSystemDirectoryHandle,
): Promise<{ readonly file: OpenFile; remove(): Promise<void> }> {
  const folder = await root.getDirectoryHandle(folderName, { create: true });
  const name = crypto.randomUUID();
  // Before the file is there, so that nobody takes it for one that was left.
  const lock = await holdLock(lockName(name), "exclusive");
  const remove = async () => {
    try {
      await orNull(folder.removeEntry(name));
    } finally {
      lock.release();
    }
  };
  try {
    return { file: await openFile(folder, name), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Deletes the spill files that nobody uses. Those that cannot be deleted now are left for the next time. */
export async function sweepSpills(): Promise<void> {
  for (const { folder, name } of await listSpills()) {
    await ifUnlocked(lockName(name), async () => {
      try {
        await orNull(folder.removeEntry(name));
      } catch (error) {
        // Open still: a worker that just ended, or a tab of an older version, which locks no names.
        if (!isNamed(error, "NoModificationAllowedError", "InvalidModificationError")) throw error;
      }
    });
  }
}

/** Bytes of all spill files, in use or left. */
export async function countSpills(): Promise<number> {
  let bytes = 0;
  for (const { folder, name } of await listSpills()) {
    bytes += (await orNull(folder.getFileHandle(name).then((file) => file.getFile())))?.size ?? 0;
  }
  return bytes;
}

type Entry = { readonly folder: FileSystemDirectoryHandle; readonly name: string };

/** The spill folder's files, and those that versions before it left elsewhere. */
async function listSpills(): Promise<Entry[]> {
  const root = await openRoot();
  return [
    ...(await listFolder(await orNull(root?.getDirectoryHandle(folderName)), /./)),
    ...(await listFolder(root, /^probe-/)),
    ...(await listFolder(await openOrigin(), /^kept-tokens-/)),
  ];
}

async function listFolder(folder: FileSystemDirectoryHandle | null | undefined, names: RegExp): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const name of folder?.keys() ?? []) if (folder && names.test(name)) found.push({ folder, name });
  return found;
}

function lockName(name: string): string {
  return `spill ${name}`;
}
