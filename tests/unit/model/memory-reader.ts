import type { RangeReader } from "../../../src/bytes/range-reader.ts";
import type { FileSet } from "../../../src/model/file-set.ts";

/** A reader that keeps the ranges that were read from it. */
type MemoryReader = RangeReader & { readonly reads: [begin: number, end: number][] };

/** Reads from memory, as strictly as a reader may: what lies outside the file is an error. */
export function memoryReader(name: string, bytes: Uint8Array): MemoryReader {
  const reads: [number, number][] = [];
  return {
    name,
    byteLength: bytes.byteLength,
    reads,
    async read(begin, end) {
      reads.push([begin, end]);
      if (!(begin >= 0 && begin <= end && end <= bytes.byteLength)) {
        throw new RangeError(`${name}: read ${begin} to ${end} of ${bytes.byteLength}`);
      }
      return bytes.subarray(begin, end);
    },
  };
}

/** Files in memory, by path. */
export function memoryFiles(files: Readonly<Record<string, Uint8Array | string>>): FileSet {
  const contents = new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    ]),
  );
  return {
    label: "a test",
    files: [...contents].map(([path, { byteLength }]) => ({ path, byteLength, sha256: null })),
    async open(path) {
      const bytes = contents.get(path);
      if (!bytes) throw new RangeError(`no file ${path}`);
      return memoryReader(path, bytes);
    },
  };
}
