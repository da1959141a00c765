import { concat } from "./h264.ts";
import type { PacketFormat } from "./packet-index.ts";

const [sequenceHeaderType, temporalDelimiterType, paddingType] = [1, 2, 15];

/**
 * A key packet with the sequence header in front of it that decoders want to find there: MP4 allows it to be in the sample entry alone. Padding goes,
 * which Chromium does not expect in front of a key frame. Other packets are returned as they are.
 */
export function withSequenceHeader(packet: Uint8Array, { sequenceHeader }: PacketFormat): Uint8Array {
  if (!sequenceHeader || sequenceHeader.length === 0) return packet;
  const units = readUnits(packet);
  if (!units || units.some((unit) => unit.type === sequenceHeaderType)) return packet;
  const kept = units.filter(({ type }) => type !== temporalDelimiterType && type !== paddingType);
  return concat([sequenceHeader, ...kept.map(({ start, end }) => packet.subarray(start, end))]);
}

/**
 * The sequence header that stands in a Matroska file's CodecPrivate (an av1C), which lies beside the name of its codec; null where
 * there is none.
 *
 * @param head the file's beginning
 */
export function matroskaSequenceHeader(head: Uint8Array): Uint8Array | null {
  const name = [0x86, 0x85, ...new TextEncoder().encode("V_AV1")]; // CodecID, of five bytes
  for (let at = head.indexOf(0x86); at >= 0; at = head.indexOf(0x86, at + 1)) {
    if (!name.every((byte, i) => head[at + i] === byte)) continue;
    for (let near = Math.max(0, at - 512); near < at + 512; near++) {
      if (head[near] !== 0x63 || head[near + 1] !== 0xa2) continue;
      const length = (head[near + 2] ?? 0) & 0x7f; // CodecPrivate, its length in one byte
      if (head[near + 3] === 0x81 && length > 4) return head.slice(near + 3 + 4, near + 3 + length);
    }
  }
  return null;
}

/** The units of a packet (AV1 specification, 5.3), or null where their sizes do not add up. */
function readUnits(packet: Uint8Array): { type: number; start: number; end: number }[] | null {
  const units: { type: number; start: number; end: number }[] = [];
  for (let start = 0; start < packet.length; ) {
    const header = packet[start] as number;
    const type = (header >> 3) & 15;
    let at = start + ((header & 4) === 0 ? 1 : 2);
    let end = packet.length; // without a size it is the last one
    if ((header & 2) !== 0) {
      let size = 0;
      for (let shift = 0, more = true; more; shift += 7) {
        const byte = packet[at++];
        if (byte === undefined || shift > 28) return null;
        size += (byte & 127) * 2 ** shift;
        more = byte >= 128;
      }
      end = at + size;
    }
    if (end > packet.length) return null;
    units.push({ type, start, end });
    start = end;
  }
  return units;
}
