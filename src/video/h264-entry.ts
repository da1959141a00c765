import { BitReader, BitWriter, withEmulation } from "./bits.ts";
import {
  bigEndian,
  canStartDecoding,
  concat,
  isDisposable,
  isH264,
  lengthSize,
  nalUnits,
  typeOf,
  withUnits,
} from "./h264.ts";
import { frameNumberOf, withoutStrangers } from "./h264-marking.ts";
import type { SequenceParameters } from "./h264-parameters.ts";
import { pictureParameters, sequenceParameters } from "./h264-sets.ts";
import type { PacketFormat, PacketSource } from "./packet-index.ts";

/** The number of a picture parameter set that streams hardly have. */
const ownId = 255;

/** Pictures that H.264 lets be referred to. */
const maxReferences = 16;

const enhancement = 6;
const recoveryPoint = 6;

/** Packets that are read at once. */
const readAtOnce = 128;

/**
 * A source whose packets before the first IDR picture are key packets where decoding can begin at them: television sends no IDR pictures, and
 * recordings are cut anywhere. Where pictures only become right by and by (a line of blocks at a time), the first such packet is the only one, so that
 * nothing is missed later. Others are returned as they are.
 */
export async function withEntries(source: PacketSource, signal: AbortSignal): Promise<PacketSource> {
  const { index } = source;
  const format = index.formats[0];
  if (!format || !isH264(format)) return source;
  const reader = source.createReader();
  const first = index.key.indexOf(1);
  const [packet] = first < 0 ? [] : await reader.read(first, first).catch(() => []);
  const end = packet && canStartDecoding(packet, format) ? Math.min(first, index.available) : index.available;
  if (end === 0) return source;
  const key = index.key.slice().fill(0, 0, end);
  let hasEntry = false;
  for (let from = 0; from < end; from += readAtOnce) {
    signal.throwIfAborted();
    const packets = await reader.read(from, Math.min(end, from + readAtOnce) - 1).catch(() => []);
    for (const [i, packet] of packets.entries()) {
      const delay = recoveryDelay(packet, index.formats[index.format[from + i] ?? 0] ?? format);
      if (delay === null || (delay > 0 && hasEntry)) continue;
      key[from + i] = 1;
      hasEntry = true;
    }
  }
  return { ...source, index: { ...index, key } };
}

/** After how many pictures all is right when decoding begins here (with `withEntry`); null where it cannot. */
function recoveryDelay(packet: Uint8Array, format: PacketFormat): number | null {
  const units = isH264(format) ? nalUnits(packet, lengthSize(format)) : null;
  const slices = units?.filter((unit) => typeOf(packet, unit) >= 1 && typeOf(packet, unit) <= 5) ?? [];
  if (!units || slices.length === 0) return null;
  if (canStartDecoding(packet, format)) return 0;
  if (slices.every((unit) => isIntra(packet.subarray(unit.header + 1, unit.header + 16)))) return 0;
  for (const unit of units) {
    const delay = typeOf(packet, unit) === enhancement ? toldDelay(packet.subarray(unit.header + 1, unit.end)) : null;
    if (delay !== null) return delay;
  }
  return null;
}

/** `recovery_frame_cnt` of supplemental enhancement information (annex D.1); null where it tells no recovery point. */
function toldDelay(messages: Uint8Array): number | null {
  for (let at = 0; at + 2 < messages.length; ) {
    const read = () => {
      let value = 0;
      while (messages[at] === 255) value += messages[at++] as number;
      return value + (messages[at++] ?? 0);
    };
    const [type, size] = [read(), read()];
    if (type === recoveryPoint) return new BitReader(messages, 8 * at).ue();
    at += size;
  }
  return null;
}

/** Whether a slice's header says that it refers to no other picture. */
function isIntra(header: Uint8Array): boolean {
  const reader = new BitReader(header, 0);
  reader.ue();
  const type = reader.ue() % 5;
  return type === 2 || type === 4;
}

/**
 * A packet without an IDR picture as one that Chromium lets decoding begin with: it asks for a slice of an IDR picture, whatever else there is. The slice that
 * goes before the others here belongs to a redundant picture (ITU-T H.264, 7.4.3), which decoders pass over; its header is all of it. What follows is decoded as
 * it is, so the packet should be a recovery point. Others, and packets that cannot be read, are returned as they are.
 */
export function withEntry(packet: Uint8Array, format: PacketFormat): Uint8Array {
  const size = lengthSize(format);
  const units = isH264(format) ? nalUnits(packet, size) : null;
  const first = units?.find((unit) => typeOf(packet, unit) >= 1 && typeOf(packet, unit) <= 5);
  const set = first && sequenceParameters(packet, format);
  if (!set || units?.some((unit) => typeOf(packet, unit) === 5)) return packet;
  const added = [ownParameters(set), redundantSlice(set)].flatMap((unit) => [
    size === null ? Uint8Array.of(0, 0, 1) : bigEndian(unit.length, size),
    unit,
  ]);
  return concat([packet.subarray(0, first.start), ...added, packet.subarray(first.start)]);
}

/**
 * What is to be done with the packets from one without an IDR picture on, with which decoding begins: pictures from before it are not forgotten, since they are
 * not there (`withoutStrangers`).
 */
export function followEntry(first: Uint8Array, format: PacketFormat): (packet: Uint8Array) => Uint8Array {
  const slice = nalUnits(first, lengthSize(format))?.find((unit) => typeOf(first, unit) === 1);
  const set = slice && sequenceParameters(first, format);
  const entry = set ? frameNumberOf(first.subarray(slice.header, slice.end), set) : null;
  if (!set || entry === null) return (packet) => packet;
  const pictures = pictureParameters(first, format);
  let left = Math.min(maxReferences, 2 ** set.frameNumberBits - 1); // pictures whose numbers tell which came first
  return (packet) => {
    if (left <= 0 || isDisposable(packet, format)) return packet;
    left--;
    return withUnits(packet, format, (unit, type) =>
      type === 1 ? withoutStrangers(unit, set, pictures, entry) : unit,
    );
  };
}

/** A picture parameter set of which slices tell whether they are redundant. */
function ownParameters({ id }: SequenceParameters): Uint8Array {
  const writer = new BitWriter().bits(0x68, 8).ue(ownId).ue(id);
  writer.bits(0, 2); // variable length codes, no order of fields
  writer.ue(0).ue(0).ue(0); // one slice group, one reference in each list
  writer.bits(0, 3); // no weights
  writer.ue(0).ue(0).ue(0); // quantisers
  return withEmulation(writer.bits(0, 2).bits(1, 1).finish()); // redundant_pic_cnt_present_flag
}

function redundantSlice({ frameNumberBits, separatePlanes, fields, order }: SequenceParameters): Uint8Array {
  const writer = new BitWriter().bits(0x65, 8).ue(0).ue(7).ue(ownId); // an I slice, as all of the picture are
  if (separatePlanes) writer.bits(0, 2);
  writer.bits(0, frameNumberBits);
  if (fields) writer.bits(0, 1);
  writer.ue(0); // idr_pic_id
  writer.bits(0, order.bits);
  if (order.deltas) writer.ue(0);
  writer.ue(1); // redundant_pic_cnt
  return withEmulation(writer.bits(0, 2).ue(0).finish()); // nothing of references, slice_qp_delta
}
