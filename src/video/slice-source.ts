import { fileGone } from "./file-gone.ts";
import type { PacketIndex, PacketSource } from "./packet-index.ts";

/** Where packets lie, whatever they are of. */
type Places = Pick<PacketIndex, "offset" | "size">;

/** Bytes between two packets (sound, mostly) that are read along rather than with a second read. */
const maxGapBytes = 1 << 18;

/** The packets of an index that knows their positions, read with one `slice` for each run that lies together in the file. */
export function sliceSource<Format>(file: Blob, index: PacketIndex<Format>): PacketSource<Format> {
  return { index, createReader: () => ({ read: (first, last) => readPackets(file, index, first, last) }), close() {} };
}

async function readPackets(file: Blob, index: Places, first: number, last: number): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = [];
  for (let from = first; from <= last; ) {
    const to = runEnd(index, from, last);
    const start = offsetOf(index, from);
    const end = offsetOf(index, to) + (index.size[to] as number);
    const bytes = await readBytes(file, start, end);
    for (let i = from; i <= to; i++) {
      const at = offsetOf(index, i) - start;
      packets.push(bytes.subarray(at, at + (index.size[i] as number)));
    }
    from = to + 1;
  }
  return packets;
}

function offsetOf(index: Places, packet: number): number {
  return index.offset?.[packet] ?? 0;
}

function runEnd(index: Places, from: number, last: number): number {
  let to = from;
  while (to < last) {
    const gap = offsetOf(index, to + 1) - offsetOf(index, to) - (index.size[to] as number);
    if (gap < 0 || gap > maxGapBytes) break;
    to++;
  }
  return to;
}

async function readBytes(file: Blob, start: number, end: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(start, end).arrayBuffer());
  } catch (error) {
    throw fileGone(error);
  }
}
