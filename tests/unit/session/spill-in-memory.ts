import type { SpillFile } from "../../../src/storage/spill-file.ts";

/** A file in memory that takes at most `capacity` bytes. */
export function memoryFile(capacity = Number.POSITIVE_INFINITY): SpillFile & { readonly log: string[] } {
  let content = new Uint8Array(0);
  const log: string[] = [];
  return {
    log,
    write(buffer, { at }) {
      const room = Math.max(0, Math.min(buffer.length, capacity - at));
      const grown = new Uint8Array(Math.max(content.length, at + room));
      grown.set(content);
      grown.set(buffer.subarray(0, room), at);
      content = grown;
      return room;
    },
    read(buffer, { at }) {
      const part = content.subarray(at, at + buffer.length);
      buffer.set(part);
      return part.length;
    },
    close: () => void log.push("close"),
    remove: async () => void log.push("remove"),
  };
}
