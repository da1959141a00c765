import { concat } from "./h264.ts";
import type { PacketFormat } from "./packet-index.ts";

const sequenceHeaderType = 1;

/**
 * A key packet with the sequence header that decoders want in front of it: MP4 allows it to be in the sample entry alone. Other packets are
 * returned as they are.
 */
export function withSequenceHeader(packet: Uint8Array, { sequenceHeader }: PacketFormat): Uint8Array {
  if (!sequenceHeader || sequenceHeader.length === 0 || hasSequenceHeader(packet)) return packet;
  return concat([sequenceHeader, packet]);
}

/** Looks for it among the packet's units (AV1 specification, 5.3). True in doubt. */
function hasSequenceHeader(packet: Uint8Array): boolean {
  for (let at = 0; at < packet.length; ) {
    const header = packet[at] as number;
    if (((header >> 3) & 15) === sequenceHeaderType) return true;
    at += (header & 4) === 0 ? 1 : 2;
    if ((header & 2) === 0) return false; // without a size it is the last one
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = packet[at++];
      if (byte === undefined || shift > 28) return true;
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return false;
}
