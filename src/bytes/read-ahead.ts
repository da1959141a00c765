import type { RangeReader } from "./range-reader.ts";

/**
 * Reads at least `blockLength` bytes at a time and serves the reads that follow from that block, so that the many small
 * tensors of a model, which lie side by side, cost few requests. Longer reads go straight through.
 */
export function createReadAhead(reader: RangeReader, blockLength: number): RangeReader {
  let block: { readonly begin: number; readonly end: number; readonly bytes: Promise<Uint8Array> } | null = null;

  /** The newest block where it holds the range, else a new one; one that failed is forgotten. */
  function blockWith(begin: number, end: number) {
    if (block && begin >= block.begin && end <= block.end) return block;
    const blockEnd = Math.min(begin + blockLength, reader.byteLength);
    const fresh = { begin, end: blockEnd, bytes: reader.read(begin, blockEnd) };
    fresh.bytes.catch(() => {
      if (block === fresh) block = null;
    });
    block = fresh;
    return fresh;
  }

  return {
    name: reader.name,
    byteLength: reader.byteLength,
    async read(begin, end) {
      if (begin === end) return new Uint8Array(0);
      if (end - begin >= blockLength) return reader.read(begin, end);
      const { begin: start, bytes } = blockWith(begin, end);
      // A copy: a view would keep the whole block alive.
      return (await bytes).slice(begin - start, end - start);
    },
  };
}
