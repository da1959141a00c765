import { AuroraError, assert } from "../errors.ts";
import { type FileStore, type FileWriter, outOfSpace } from "./file-store.ts";

/** Folder of the browser's private storage (OPFS) that holds everything of ours. */
const rootName = "aurora-models";

/**
 * Opens the store in the browser's private storage.
 *
 * @returns null where the browser has none or refuses it, as private windows of some do
 */
export async function openOpfsStore(): Promise<FileStore | null> {
  let root: FileSystemDirectoryHandle;
  try {
    root = await (await navigator.storage.getDirectory()).getDirectoryHandle(rootName, { create: true });
  } catch {
    return null;
  }
  return {
    place: "disk",
    async folders(path) {
      const folder = await findFolder(root, path);
      const names: string[] = [];
      for await (const entry of folder?.values() ?? []) if (entry.kind === "directory") names.push(entry.name);
      return names;
    },
    async usedBytes(path) {
      const folder = await findFolder(root, path);
      return folder ? countBytes(folder) : 0;
    },
    async read(path) {
      const { folder, name } = splitPath(path);
      const handle = await orNull((await findFolder(root, folder))?.getFileHandle(name));
      return handle ? handle.getFile() : null;
    },
    async openWriter(path) {
      try {
        return createWriter(await openExclusive(await createFile(root, path)));
      } catch (cause) {
        throw writeError(cause);
      }
    },
    async fittingBytes(wanted) {
      const name = `probe-${crypto.randomUUID()}`;
      try {
        const access = await openExclusive(await createFile(root, name));
        try {
          return probe(access, wanted);
        } finally {
          access.close();
          await root.removeEntry(name);
        }
      } catch (cause) {
        if (isFull(cause)) return 0;
        throw writeError(cause);
      }
    },
    async remove(path) {
      const { folder, name } = splitPath(path);
      await orNull((await findFolder(root, folder))?.removeEntry(name, { recursive: true }));
    },
  };
}

/** The part of the File System standard that TypeScript's DOM library leaves to workers. */
type SyncAccessHandle = {
  read(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(byteLength: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
};
type SyncFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };

async function createFile(root: FileSystemDirectoryHandle, path: string): Promise<SyncFileHandle> {
  const { folder, name } = splitPath(path);
  let parent = root;
  for (const part of partsOf(folder)) parent = await parent.getDirectoryHandle(part, { create: true });
  return (await parent.getFileHandle(name, { create: true })) as SyncFileHandle;
}

async function openExclusive(handle: SyncFileHandle): Promise<SyncAccessHandle> {
  // A worker of a page that was just reloaded may hold the file for a moment.
  for (let tries = 0; ; tries++) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (cause) {
      const held = cause instanceof DOMException && cause.name === "NoModificationAllowedError";
      if (!held || tries === 50) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function createWriter(access: SyncAccessHandle): FileWriter {
  let byteLength = access.getSize();
  return {
    get byteLength() {
      return byteLength;
    },
    async append(bytes) {
      try {
        const written = access.write(bytes as Uint8Array<ArrayBuffer>, { at: byteLength });
        // Chromium throws nothing when the quota is spent, and returns -8 as an unsigned number.
        if (written !== bytes.length)
          throw new DOMException(`${written} of ${bytes.length} bytes`, "QuotaExceededError");
      } catch (cause) {
        access.truncate(byteLength);
        throw writeError(cause);
      }
      byteLength += bytes.length;
    },
    async truncate(length) {
      if (length >= byteLength) return;
      access.truncate(length);
      byteLength = length;
    },
    async read(begin, end) {
      assert(begin <= end && end <= byteLength, `bytes ${begin} to ${end} of ${byteLength}`);
      const bytes = new Uint8Array(end - begin);
      const read = access.read(bytes, { at: begin });
      assert(read === bytes.length, `read ${read} of ${bytes.length} bytes`);
      return bytes;
    },
    async close() {
      try {
        access.flush();
      } catch (cause) {
        throw writeError(cause);
      } finally {
        access.close();
      }
    },
  };
}

/**
 * Makes an empty file longer, up to `wanted`, and tells how long it could be made. What `navigator.storage.estimate()` says is
 * no help: Chromium states the same quota for every site, private windows included.
 */
function probe(access: SyncAccessHandle, wanted: number): number {
  const fits = (byteLength: number) => {
    try {
      access.truncate(byteLength);
      return access.getSize() === byteLength; // Chromium throws nothing
    } catch (cause) {
      if (isFull(cause)) return false;
      throw cause;
    }
  };
  if (fits(wanted)) return wanted;
  let [least, most] = [0, wanted];
  for (let step = 0; step < 10; step++) {
    const middle = Math.floor((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle;
  }
  return least;
}

function isFull(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "QuotaExceededError";
}

function writeError(cause: unknown): AuroraError {
  if (isFull(cause)) return outOfSpace(cause);
  return new AuroraError(
    "StorageFull",
    "The browser could not write the model to disk. Check that the disk has room and close other tabs of this app, then load it again: it goes on where it stopped.",
    cause,
  );
}

/** A folder below `root`, or null where there is none. */
async function findFolder(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemDirectoryHandle | null> {
  let folder: FileSystemDirectoryHandle | null = root;
  for (const part of partsOf(path)) folder = (await orNull(folder?.getDirectoryHandle(part))) ?? null;
  return folder;
}

/** The value, or undefined where the entry does not exist, or is a file where a folder was asked for. */
async function orNull<T>(value: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof DOMException && (error.name === "NotFoundError" || error.name === "TypeMismatchError"))
      return undefined;
    throw error;
  }
}

async function countBytes(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0;
  for await (const entry of folder.values()) {
    bytes +=
      entry.kind === "file"
        ? (await (entry as FileSystemFileHandle).getFile()).size
        : await countBytes(entry as FileSystemDirectoryHandle);
  }
  return bytes;
}

function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}

function partsOf(path: string): string[] {
  return path === "" ? [] : path.split("/");
}
