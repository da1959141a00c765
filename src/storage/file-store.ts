/**
 * Files by path ("/" between its parts): in the browser's private storage (`opfs-store.ts`), or in memory where that is
 * refused (`memory-store.ts`). Knows nothing of models.
 */
export type FileStore = {
  readonly place: "disk" | "memory";
  /** Names of the folders directly in a folder; none where it does not exist. */
  folders(path: string): Promise<readonly string[]>;
  /** Bytes of all files below a folder. */
  usedBytes(path: string): Promise<number>;
  /** A file's content, of which parts can be read; null when there is no such file. */
  read(path: string): Promise<Blob | null>;
  /** Opens a file for writing, a new one where there is none. One writer a file; on disk in workers only. */
  openWriter(path: string): Promise<FileWriter>;
  /** How many of so many more bytes can be stored: all, or about how many there is room for. On disk in workers only. */
  fittingBytes(wanted: number): Promise<number>;
  /** Deletes a file, or a folder with all in it; nothing happens where there is neither. */
  remove(path: string): Promise<void>;
};

/** A file that is being written. */
export type FileWriter = {
  readonly byteLength: number;
  /** Adds to the file's end. @throws AuroraError `StorageFull`; the file then ends where it ended before */
  append(bytes: Uint8Array): Promise<void>;
  truncate(byteLength: number): Promise<void>;
  /** The bytes [begin, end), which lie inside the file. */
  read(begin: number, end: number): Promise<Uint8Array>;
  /** Hands all to the disk and gives the file back. */
  close(): Promise<void>;
};

/** Replaces a file's content. @throws AuroraError `StorageFull` */
export async function writeFile(store: FileStore, path: string, content: Uint8Array): Promise<void> {
  const writer = await store.openWriter(path);
  try {
    await writer.truncate(0);
    await writer.append(content);
  } finally {
    await writer.close();
  }
}
