import { BitReader, withoutEmulation } from "./bits.ts";
import { concat, isH264, lengthSize, nalUnits, typeOf } from "./h264.ts";
import type { SequenceParameters } from "./h264-parameters.ts";
import { sequenceParameters } from "./h264-sets.ts";
import type { PacketFormat, PacketReader, PacketSource } from "./packet-index.ts";

/** Packets in which fields must show, if there are any: what camcorders write is all fields, or has none. */
const searched = 64;

/** Packets that are read at once. */
const readAtOnce = 128;

/** Bytes of a slice's header that are looked at. */
const headerBytes = 32;

type Field = { readonly number: number; readonly bottom: number };

/**
 * A source whose packets are whole frames, where those of the one given are fields of interlaced H.264, two for each frame (AVCHD): decoders
 * take them apart but show them together, at the first one's time. Others are returned as they are.
 */
export async function withWholeFrames(source: PacketSource, signal: AbortSignal): Promise<PacketSource> {
  const { index } = source;
  const format = index.formats[0];
  if (!format || !isH264(format) || index.available === 0) return source;
  const reader = source.createReader();
  const first = Math.max(0, index.key.indexOf(1));
  const [packet] = await reader.read(first, first).catch(() => []);
  const set = packet ? sequenceParameters(packet, format) : null;
  if (!set?.fields) return source;
  const starts = await frameStarts(reader, { format, set }, Math.min(searched, index.available), signal);
  if (starts.length === Math.min(searched, index.available)) return source;
  return joined(source, await frameStarts(reader, { format, set }, index.available, signal));
}

/** The packets of `end` with which a frame begins; those between are second fields. What cannot be read counts as a frame. */
async function frameStarts(
  reader: PacketReader,
  stream: { readonly format: PacketFormat; readonly set: SequenceParameters },
  end: number,
  signal: AbortSignal,
): Promise<number[]> {
  const starts: number[] = [];
  let open: Field | null = null;
  for (let from = 0; from < end; from += readAtOnce) {
    signal.throwIfAborted();
    const count = Math.min(readAtOnce, end - from);
    const packets = await reader.read(from, from + count - 1).catch(() => []);
    for (let i = 0; i < count; i++) {
      const packet = packets[i];
      const field = packet ? fieldOf(packet, stream.format, stream.set) : null;
      const isSecond: boolean = open !== null && field?.number === open.number && field.bottom !== open.bottom;
      if (!isSecond) starts.push(from + i);
      open = isSecond ? null : field;
    }
  }
  return starts;
}

/** Which field of which frame a packet is, by the header of its first slice (ITU-T H.264, 7.3.3); null where it is a frame. */
function fieldOf(packet: Uint8Array, format: PacketFormat, set: SequenceParameters): Field | null {
  const slice = nalUnits(packet, lengthSize(format))?.find((unit) => [1, 5].includes(typeOf(packet, unit)));
  if (!slice) return null;
  const reader = new BitReader(withoutEmulation(packet.subarray(slice.header, slice.header + headerBytes)), 8);
  for (let i = 0; i < 3; i++) reader.ue(); // first macroblock, type, picture parameter set
  if (set.separatePlanes) reader.bits(2);
  const number = reader.bits(set.frameNumberBits);
  return reader.bit() === 1 ? { number, bottom: reader.bit() } : null;
}

function joined(source: PacketSource, starts: readonly number[]): PacketSource {
  const { index } = source;
  // What was cut off is not looked into: it counts as it is.
  const all = [...starts, ...Array.from({ length: index.pts.length - index.available }, (_, i) => index.available + i)];
  const endOf = (frame: number) => all[frame + 1] ?? index.pts.length;
  const pick = <T extends Float64Array | Uint8Array>(column: T) => column.filter((_, i) => isStart[i] === 1) as T;
  const isStart = new Uint8Array(index.pts.length);
  for (const at of all) isStart[at] = 1;
  const sum = (column: Float64Array) =>
    Float64Array.from(all, (at, frame) => column.subarray(at, endOf(frame)).reduce((total, each) => total + each, 0));
  return {
    ...source,
    index: {
      ...index,
      pts: pick(index.pts),
      duration: sum(index.duration),
      key: pick(index.key),
      size: sum(index.size),
      format: pick(index.format),
      offset: index.offset && pick(index.offset),
      available: starts.length,
    },
    createReader() {
      const reader = source.createReader();
      return {
        async read(first, last) {
          const from = all[first] as number;
          const fields = await reader.read(from, endOf(last) - 1);
          return Array.from({ length: last - first + 1 }, (_, i) =>
            concat(fields.slice((all[first + i] as number) - from, endOf(first + i) - from)),
          );
        },
      };
    },
  };
}
