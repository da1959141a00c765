import { type BlobBuilder, createBlobBuilder } from "../bytes/blob-builder.ts";
import { assert } from "../errors.ts";
import type { FileStore, FileWriter } from "./file-store.ts";
import { outOfSpace } from "./storage-full.ts";

/**
 * A store that lasts as long as its worker or page.
 *
 * @param limitBytes what all its files may take together
 */
export function createMemoryStore(limitBytes = Number.POSITIVE_INFINITY): FileStore {
  const files = new Map<string, BlobBuilder>();
  const below = (path: string) => [...files.keys()].filter((file) => file.startsWith(`${path}/`));
  const sum = (paths: Iterable<string>) =>
    [...paths].reduce((bytes, path) => bytes + (files.get(path)?.byteLength ?? 0), 0);
  return {
    place: "memory",
    async folders(path) {
      const rests = below(path).map((file) => file.slice(path.length + 1));
      return [...new Set(rests.filter((rest) => rest.includes("/")).map((rest) => rest.slice(0, rest.indexOf("/"))))];
    },
    usedBytes: async (path) => sum(below(path)),
    read: async (path) => files.get(path)?.blob() ?? null,
    async openWriter(path): Promise<FileWriter> {
      const file = files.get(path) ?? createBlobBuilder();
      files.set(path, file);
      return {
        get byteLength() {
          return file.byteLength;
        },
        async append(bytes) {
          if (sum(files.keys()) + bytes.length > limitBytes) throw outOfSpace();
          file.append(bytes);
        },
        truncate: async (byteLength) => file.truncate(byteLength),
        async read(begin, end) {
          assert(begin <= end && end <= file.byteLength, `bytes ${begin} to ${end} of ${file.byteLength}`);
          return new Uint8Array(await file.blob().slice(begin, end).arrayBuffer());
        },
        close: async () => undefined,
      };
    },
    fittingBytes: async (wanted) => Math.min(wanted, limitBytes - sum(files.keys())),
    async remove(path) {
      for (const file of [path, ...below(path)]) files.delete(file);
    },
  };
}
