import { AuroraError, assert } from "../errors.ts";
import type { FileStore, FileWriter } from "./file-store.ts";
import { countBytes, type OpenFile, openFile, openRoot, orNull } from "./private-files.ts";
import { openTemporary } from "./spill-file.ts";
import { isFull, outOfSpace, writeAll } from "./storage-full.ts";

/**
 * Opens the store in the browser's private file system (OPFS).
 *
 * @returns null where the browser has none or refuses it, as private windows of some do
 */
export async function openOpfsStore(): Promise<FileStore | null> {
  const root = await openRoot();
  if (!root) return null;
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
        const { folder, name } = splitPath(path);
        return createWriter(await openFile(await createFolder(root, folder), name));
      } catch (cause) {
        throw writeError(cause);
      }
    },
    async fittingBytes(wanted) {
      try {
        const { file, remove } = await openTemporary(root);
        try {
          return probe(file, wanted);
        } finally {
          file.close();
          await remove();
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

function createWriter(file: OpenFile): FileWriter {
  let byteLength = file.getSize();
  return {
    get byteLength() {
      return byteLength;
    },
    async append(bytes) {
      try {
        writeAll(file, bytes as Uint8Array<ArrayBuffer>, byteLength);
      } catch (cause) {
        file.truncate(byteLength);
        throw writeError(cause);
      }
      byteLength += bytes.length;
    },
    async truncate(length) {
      if (length >= byteLength) return;
      file.truncate(length);
      byteLength = length;
    },
    async read(begin, end) {
      assert(begin <= end && end <= byteLength, `bytes ${begin} to ${end} of ${byteLength}`);
      const bytes = new Uint8Array(end - begin);
      const read = file.read(bytes, { at: begin });
      assert(read === bytes.length, `read ${read} of ${bytes.length} bytes`);
      return bytes;
    },
    async close() {
      try {
        file.flush();
      } catch (cause) {
        throw writeError(cause);
      } finally {
        file.close();
      }
    },
  };
}

/**
 * Makes an empty file longer, up to `wanted`, and tells how long it could be made. What `navigator.storage.estimate()` says is
 * no help: Chromium states the same quota for every site, private windows included.
 */
function probe(file: OpenFile, wanted: number): number {
  const fits = (byteLength: number) => {
    try {
      file.truncate(byteLength);
      return file.getSize() === byteLength; // Chromium throws nothing
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

async function createFolder(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemDirectoryHandle> {
  let folder = root;
  for (const part of partsOf(path)) folder = await folder.getDirectoryHandle(part, { create: true });
  return folder;
}

function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}

function partsOf(path: string): string[] {
  return path === "" ? [] : path.split("/");
}
