import { assert } from "../errors.ts";
import { type FileStore, type FileWriter, outOfSpace } from "./file-store.ts";

/** Pieces are joined into Blobs of this many bytes: browsers keep those outside of the page's memory. */
const blobBytes = 8 << 20;

/**
 * A store that lasts as long as its worker or page.
 *
 * @param limitBytes what all its files may take together
 */
export function createMemoryStore(limitBytes = Number.POSITIVE_INFINITY): FileStore {
  const files = new Map<string, MemoryFile>();
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
      const file = files.get(path) ?? createMemoryFile();
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

type MemoryFile = {
  readonly byteLength: number;
  append(bytes: Uint8Array): void;
  truncate(byteLength: number): void;
  blob(): Blob;
};

function createMemoryFile(): MemoryFile {
  let blobs: Blob[] = [];
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let pending = 0;
  let byteLength = 0;
  const join = () => {
    if (pending > 0) blobs.push(new Blob(pieces));
    pieces = [];
    pending = 0;
  };
  return {
    get byteLength() {
      return byteLength;
    },
    append(bytes) {
      pieces.push(new Uint8Array(bytes)); // a copy: the caller's may change
      pending += bytes.length;
      byteLength += bytes.length;
      if (pending >= blobBytes) join();
    },
    truncate(length) {
      join();
      blobs = [new Blob(blobs).slice(0, length)];
      byteLength = Math.min(byteLength, length);
    },
    blob() {
      join();
      return new Blob(blobs);
    },
  };
}
