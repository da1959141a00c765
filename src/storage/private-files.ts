/** Folder of the browser's private file system that holds everything of ours. */
const rootName = "aurora-models";

/** A file of the private file system that is open for reading and writing; the part of the standard that is used. */
export type OpenFile = {
  read(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(byteLength: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
};

/** TypeScript's DOM library leaves this to workers. */
type WritableHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<OpenFile> };

/** The whole private file system of this origin; null where the browser has none or refuses it, as private windows of some do. */
export async function openOrigin(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await navigator.storage.getDirectory();
  } catch {
    return null;
  }
}

/** The folder that holds everything of ours; null where the browser refuses its storage. */
export async function openRoot(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return (await (await openOrigin())?.getDirectoryHandle(rootName, { create: true })) ?? null;
  } catch {
    return null;
  }
}

/** Opens a file, a new one where there is none, for nobody else to open meanwhile. In workers only. */
export async function openFile(folder: FileSystemDirectoryHandle, name: string): Promise<OpenFile> {
  const handle = (await folder.getFileHandle(name, { create: true })) as WritableHandle;
  // A worker of a page that was just reloaded may hold the file for a moment.
  for (let tries = 0; ; tries++) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (cause) {
      if (!isNamed(cause, "NoModificationAllowedError") || tries === 50) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Bytes of all files below a folder. */
export async function countBytes(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0;
  for await (const entry of folder.values()) {
    bytes +=
      entry.kind === "file"
        ? ((await orNull((entry as FileSystemFileHandle).getFile()))?.size ?? 0) // gone since it was listed
        : await countBytes(entry as FileSystemDirectoryHandle);
  }
  return bytes;
}

/** The value, or undefined where the entry does not exist, or is a file where a folder was asked for. */
export async function orNull<T>(value: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (isNamed(error, "NotFoundError", "TypeMismatchError")) return undefined;
    throw error;
  }
}

/** Whether what was thrown has one of these names: browsers disagree on the class of some errors. */
export function isNamed(thrown: unknown, ...names: string[]): boolean {
  return names.includes((thrown as { readonly name?: string } | null)?.name ?? "");
}
