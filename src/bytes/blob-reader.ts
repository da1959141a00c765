import { AuroraError } from "../errors.ts";
import type { RangeReader } from "./range-reader.ts";

/** Reads parts of a Blob or File, which are in no one's memory before. @param name the file's name, for messages */
export function createBlobReader(name: string, blob: Blob): RangeReader {
  return {
    name,
    byteLength: blob.size,
    async read(begin, end) {
      try {
        return new Uint8Array(await blob.slice(begin, end).arrayBuffer());
      } catch (cause) {
        const problem = `${name} cannot be read any more: it was changed, moved or deleted`;
        throw new AuroraError("ModelNotFound", `${problem}. Choose the model again.`, cause);
      }
    },
  };
}

/** Reads parts of a file that is in memory. @param name the file's name, for messages */
export function createBytesReader(name: string, bytes: Uint8Array): RangeReader {
  return { name, byteLength: bytes.byteLength, read: async (begin, end) => bytes.subarray(begin, end) };
}
