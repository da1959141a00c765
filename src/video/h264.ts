import type { PacketFormat } from "./packet-index.ts";

const accessUnitDelimiter = 9;

/** One NAL unit inside a packet: [start, end) with its length or start code, `header` the position of its first byte. */
type NalUnit = { readonly start: number; readonly header: number; readonly end: number };

/** Bytes of the length before each NAL unit, or null where start codes separate them (no avcC). */
function lengthSize(format: PacketFormat): number | null {
  const byte = format.description?.[4];
  return byte === undefined ? null : (byte & 3) + 1;
}

function isH264(format: PacketFormat): boolean {
  return format.codec.startsWith("avc");
}

/** Whether no other packet needs this one to be decoded: H.264 with `nal_ref_idc` 0 in all slices. False in doubt. */
export function isDisposable(packet: Uint8Array, format: PacketFormat): boolean {
  if (!isH264(format)) return false;
  let slices = 0;
  for (const unit of nalUnits(packet, lengthSize(format)) ?? []) {
    const header = packet[unit.header] as number;
    const type = header & 31;
    if (type < 1 || type > 5) continue;
    if ((header & 0x60) !== 0) return false;
    slices++;
  }
  return slices > 0;
}

/** Whether decoding can begin at this packet: H.264 needs an IDR picture, which not every packet that containers mark as key has. True in doubt. */
export function canStartDecoding(packet: Uint8Array, format: PacketFormat): boolean {
  if (!isH264(format)) return true;
  const types = nalUnits(packet, lengthSize(format))?.map((unit) => (packet[unit.header] as number) & 31);
  return types === undefined || types.includes(5) || !types.some((type) => type >= 1 && type <= 4);
}

/**
 * The packet as decoders take it first after they are configured: H.264 without NAL units of types 20 to 31 and without what stands before an access
 * unit delimiter, which some refuse. Other packets, and damaged ones, are returned as they are.
 */
export function firstPacketBytes(packet: Uint8Array, format: PacketFormat): Uint8Array {
  const size = lengthSize(format);
  if (!isH264(format) || size === null) return packet;
  const units = nalUnits(packet, size);
  if (!units) return packet;
  const typeOf = (unit: NalUnit) => (packet[unit.header] as number) & 31;
  const delimiter = units.findIndex((unit) => typeOf(unit) === accessUnitDelimiter);
  const kept = units.slice(Math.max(0, delimiter)).filter((unit) => typeOf(unit) < 20);
  if (kept.length === units.length || kept.length === 0) return packet;
  const result = new Uint8Array(kept.reduce((sum, unit) => sum + unit.end - unit.start, 0));
  let at = 0;
  for (const unit of kept) {
    result.set(packet.subarray(unit.start, unit.end), at);
    at += unit.end - unit.start;
  }
  return result;
}

/** The NAL units of a packet, or null where its lengths do not add up. */
function nalUnits(packet: Uint8Array, size: number | null): NalUnit[] | null {
  return size === null ? unitsByStartCode(packet) : unitsByLength(packet, size);
}

function unitsByLength(packet: Uint8Array, size: number): NalUnit[] | null {
  const units: NalUnit[] = [];
  for (let at = 0; at < packet.length; ) {
    let length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + (packet[at + i] ?? 0);
    const end = at + size + length;
    if (length === 0 || end > packet.length) return null;
    units.push({ start: at, header: at + size, end });
    at = end;
  }
  return units;
}

function unitsByStartCode(packet: Uint8Array): NalUnit[] {
  const starts: number[] = [];
  for (let at = 0; at + 3 < packet.length; at++) {
    if (packet[at] === 0 && packet[at + 1] === 0 && packet[at + 2] === 1) starts.push(at);
  }
  return starts.map((start, i) => ({ start, header: start + 3, end: starts[i + 1] ?? packet.length }));
}
