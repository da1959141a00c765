import { bigEndian, concat, isH264, lengthSize, nalUnits, typeOf, withUnits } from "./h264.ts";
import { type PictureParameters, readPictureParameters } from "./h264-marking.ts";
import { readSequenceParameters, type SequenceParameters } from "./h264-parameters.ts";
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
  const sps = sets.sps.flatMap((set) => {
    const told = withReorderDepth(set, depth);
    return [bigEndian(told.length, 2), told];
  });
  return { ...format, description: concat([sets.head, Uint8Array.of(0xe0 | sets.sps.length), ...sps, sets.rest]) };
}

/** A packet's own parameter sets, where it has some, with `depth` in them. */
export function packetWithDepth(packet: Uint8Array, format: PacketFormat, depth: number): Uint8Array {
  if (depth === 0 || !isH264(format)) return packet;
  return withUnits(packet, format, (unit, type) => (type === spsType ? withReorderDepth(unit, depth) : unit));
}

/** What the first sequence parameter set of a record (avcC) tells; null where it cannot be read. */
export function recordParameters(record: Uint8Array): SequenceParameters | null {
  const [sps] = readRecord(record)?.sps ?? [];
  return sps ? readSequenceParameters(sps) : null;
}

/** The first sequence parameter set of a packet, or of the format's record; null where neither has one that can be read. */
export function sequenceParameters(packet: Uint8Array, format: PacketFormat): SequenceParameters | null {
  const unit = nalUnits(packet, lengthSize(format))?.find((each) => typeOf(packet, each) === spsType);
  if (unit) return readSequenceParameters(packet.subarray(unit.header, unit.end));
  return format.description && recordParameters(format.description);
}

/** The picture parameter sets of the format's record and of a packet that can be read. */
export function pictureParameters(packet: Uint8Array, format: PacketFormat): PictureParameters[] {
  const rest = (format.description && readRecord(format.description)?.rest) ?? new Uint8Array();
  const [kept] = readList(rest, 1, rest[0] ?? 0);
  const own = (nalUnits(packet, lengthSize(format)) ?? [])
    .filter((unit) => typeOf(packet, unit) === ppsType)
    .map((unit) => packet.subarray(unit.header, unit.end));
  // Of those with one number the newest counts, which is found first.
  return [...own.reverse(), ...kept].map(readPictureParameters).filter((set) => set !== null);
}

type Sets = { readonly head: Uint8Array; readonly sps: readonly Uint8Array[]; readonly rest: Uint8Array };

/** A record's head, its sequence parameter sets and what comes after; null where its lengths do not add up. */
function readRecord(record: Uint8Array): Sets | null {
  const [sps, at] = readList(record, 6, (record[5] ?? 0) & 31);
  return at > record.length ? null : { head: record.subarray(0, 5), sps, rest: record.subarray(at) };
}

/** `count` sets from `start` on, each behind its length in two bytes, and where they end. */
function readList(bytes: Uint8Array, start: number, count: number): [sets: Uint8Array[], end: number] {
  const sets: Uint8Array[] = [];
  let at = start;
  for (let left = count; left > 0 && at <= bytes.length; left--) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    sets.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return [sets, at];
}
