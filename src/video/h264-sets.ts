import { concat, isH264, lengthSize, nalUnits, typeOf } from "./h264.ts";
import { withReorderDepth } from "./h264-sps.ts";
import type { PacketFormat } from "./packet-index.ts";

const [spsType, ppsType] = [7, 8];

/** Packets before a packet that can be shown after it; H.264 allows no more. */
const maxDepth = 16;

/**
 * Of how many pictures a decoder must wait for before it shows one: the most packets that are decoded before another and shown after it.
 *
 * @param pts presentation times in decode order
 */
export function reorderDepth(pts: Float64Array): number {
  let depth = 0;
  for (let i = 1; i < pts.length && depth < maxDepth; i++) {
    let later = 0;
    for (let j = Math.max(0, i - maxDepth); j < i; j++) if ((pts[j] as number) > (pts[i] as number)) later++;
    depth = Math.max(depth, later);
  }
  return depth;
}

/** The format with `depth` in the parameter sets of its record (avcC); others are returned as they are. */
export function withDepth(format: PacketFormat, depth: number): PacketFormat {
  const sets = depth > 0 && isH264(format) && format.description ? readRecord(format.description) : null;
  if (!sets) return format;
  return { ...format, description: concat([...recordParts(sets, depth), sets.rest]) };
}

/** A packet's own parameter sets, where it has some, with `depth` in them. */
export function packetWithDepth(packet: Uint8Array, format: PacketFormat, depth: number): Uint8Array {
  const size = lengthSize(format);
  const units = depth > 0 && isH264(format) ? nalUnits(packet, size) : null;
  if (!units?.some((unit) => typeOf(packet, unit) === spsType)) return packet;
  return concat([
    packet.subarray(0, units[0]?.start),
    ...units.flatMap((unit) => {
      if (typeOf(packet, unit) !== spsType) return [packet.subarray(unit.start, unit.end)];
      const sps = withReorderDepth(packet.subarray(unit.header, unit.end), depth);
      return [size === null ? Uint8Array.of(0, 0, 1) : bigEndian(sps.length, size), sps];
    }),
  ]);
}

/**
 * The format as a packet's own parameter sets have it: recorders write them anew where the picture's size changes, and decoders
 * begin with what the format's record says. Formats without a record, and packets without other sets, leave it as it is.
 */
export function inBandFormat(packet: Uint8Array, format: PacketFormat): PacketFormat {
  if (!isH264(format) || !format.description) return format;
  const units = nalUnits(packet, lengthSize(format)) ?? [];
  const ofType = (type: number) =>
    units.filter((unit) => typeOf(packet, unit) === type).map((unit) => packet.subarray(unit.header, unit.end));
  const [sps, pps] = [ofType(spsType), ofType(ppsType)];
  const known = readRecord(format.description);
  const first = sps[0];
  if (!first || first.length < 4 || pps.length === 0) return format;
  if (known && [...sps, ...pps].every((set) => known.all.some((other) => sameBytes(set, other)))) return format;
  const head = Uint8Array.of(1, ...first.subarray(1, 4), (format.description[4] as number) | 0xfc);
  const description = concat([...recordParts({ head, sps }, 0), Uint8Array.of(pps.length), ...pps.flatMap(withLength)]);
  const profile = [...first.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  // The size is not known without reading the set; decoders read it.
  return { ...format, codec: `avc1.${profile}`, description, codedWidth: 0, codedHeight: 0 };
}

type Sets = { readonly head: Uint8Array; readonly sps: readonly Uint8Array[] };

/** A record's head, its sequence parameter sets and what comes after; null where its lengths do not add up. */
function readRecord(record: Uint8Array): (Sets & { readonly rest: Uint8Array; readonly all: Uint8Array[] }) | null {
  let at = 6;
  const read = (count: number) => {
    const sets: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const length = ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0);
      sets.push(record.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    return sets;
  };
  const sps = read((record[5] ?? 0) & 31);
  const rest = record.subarray(at);
  const pps = read(record[at++] ?? 0);
  return at > record.length ? null : { head: record.subarray(0, 5), sps, rest, all: [...sps, ...pps] };
}

function recordParts({ head, sps }: Sets, depth: number): Uint8Array[] {
  const sets = sps.flatMap((set) => withLength(depth > 0 ? withReorderDepth(set, depth) : set));
  return [head, Uint8Array.of(0xe0 | sps.length), ...sets];
}

function withLength(set: Uint8Array): Uint8Array[] {
  return [bigEndian(set.length, 2), set];
}

function bigEndian(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) & 255);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
