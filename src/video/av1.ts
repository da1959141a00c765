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
