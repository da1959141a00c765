import { createBlobReader } from "../bytes/blob-reader.ts";
import { AuroraError } from "../errors.ts";
import { isRecord } from "../model/fields.ts";
import type { FileInfo, FileSet } from "../model/file-set.ts";
import { type FileStore, type FileWriter, writeFile } from "../storage/file-store.ts";

/** What is known of a file that is whole; whoever seals it may add more. */
type WholeFile = { readonly byteLength: number; readonly sha256: string };

/**
 * A folder of the store in which a file counts only once it was recorded as whole: its bytes lie in `files/`, the record,
 * written after them, in `whole/`. What a crash leaves without a record is a part, to be gone on with.
 */
export type StoreFolder = {
  readonly store: FileStore;
  /** Where it lies in the store. */
  readonly path: string;
  /** The record of a whole file, or null. */
  whole(file: string): Promise<WholeFile | null>;
  /** What there is of a file, whole or not; null when there is nothing. */
  read(file: string): Promise<Blob | null>;
  /** Its length; 0 when there is nothing. */
  presentBytes(file: string): Promise<number>;
  /** Opens a file for writing; its record goes, so that it is a part until `seal`. */
  openPart(file: string): Promise<FileWriter>;
  /** Records a file, which its writer has closed, as whole. */
  seal(file: string, record: WholeFile): Promise<void>;
};

/** @param path where the folder lies in the store, or will */
export function storeFolder(store: FileStore, path: string): StoreFolder {
  const content = (file: string) => `${path}/files/${file}`;
  const mark = (file: string) => `${path}/whole/${file}`;
  return {
    store,
    path,
    async whole(file) {
      const record = parseRecord(await readJson(store, mark(file)));
      return record && (await store.read(content(file)))?.size === record.byteLength ? record : null;
    },
    read: (file) => store.read(content(file)),
    presentBytes: async (file) => (await store.read(content(file)))?.size ?? 0,
    async openPart(file) {
      await store.remove(mark(file));
      return store.openWriter(content(file));
    },
    seal: (file, record) => writeFile(store, mark(file), new TextEncoder().encode(JSON.stringify(record))),
  };
}

/** The whole files of a store's folder, for reading. @param files those that are known to be whole */
export function storedFileSet(folder: StoreFolder, label: string, files: readonly FileInfo[]): FileSet {
  return {
    label,
    files,
    async open(path) {
      const blob = await folder.read(path);
      if (!blob) {
        throw new AuroraError("ModelNotFound", `The stored file ${path} of ${label} is gone. Load the model again.`);
      }
      return createBlobReader(path, blob);
    },
  };
}

/** Parsed content of a small file, or undefined when it is missing or torn. */
export async function readJson(store: FileStore, path: string): Promise<unknown> {
  const blob = await store.read(path);
  if (!blob) return undefined;
  try {
    return JSON.parse(await blob.text());
  } catch {
    return undefined;
  }
}

function parseRecord(json: unknown): WholeFile | null {
  if (!isRecord(json)) return null;
  const { byteLength, sha256 } = json;
  return typeof byteLength === "number" && typeof sha256 === "string" ? { ...json, byteLength, sha256 } : null;
}
