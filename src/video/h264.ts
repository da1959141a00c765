import type { PacketFormat } from "./packet-index.ts";

const accessUnitDelimiter = 9;

/** One NAL unit inside a packet: [start, end) with its length or start code, `header` the position of its first byte. */
type NalUnit = { readonly start: number; readonly header: number; readonly end: number };

/** Bytes of the length before each NAL unit, or null where start codes separate them (no avcC). */
export function lengthSize(format: PacketFormat): number | null {
  const byte = format.description?.[4];
  return byte === undefined ? null : (byte & 3) + 1;
}

/** Whether packets of this format are H.264. */
export function isH264(format: PacketFormat): boolean {
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
  const types = nalUnits(packet, lengthSize(format))?.map((unit) => typeOf(packet, unit));
  return types === undefined || types.includes(5) || !types.some((type) => type >= 1 && type <= 4);
}

/**
 * The note that x264 leaves about itself in a stream's very first packet, with its length, or null. FFmpeg, which browsers decode with, needs
 * it for 4:4:4 video of old versions: wherever decoding begins, the note must come first.
 */
export function encoderNote(firstOfStream: Uint8Array, format: PacketFormat): Uint8Array | null {
  const size = lengthSize(format);
  if (size === null || !/^avc..f4/i.test(format.codec)) return null;
  const text = (unit: NalUnit) => String.fromCharCode(...firstOfStream.subarray(unit.header, unit.header + 64));
  const note = nalUnits(firstOfStream, size)?.find(
    (unit) => typeOf(firstOfStream, unit) === 6 && /x264/.test(text(unit)),
  );
  return note ? firstOfStream.slice(note.start, note.end) : null;
}

/**
 * The packet as decoders take it first after they are configured: H.264 without NAL units of types 20 to 31 and without what stands before an access
 * unit delimiter, which some refuse, and with the encoder's note. Other packets, and damaged ones, are returned as they are.
 */
export function firstPacketBytes(packet: Uint8Array, format: PacketFormat, note: Uint8Array | null): Uint8Array {
  const size = lengthSize(format);
  const units = isH264(format) && size !== null ? nalUnits(packet, size) : null;
  if (!units) return packet;
  const delimiter = units.findIndex((unit) => typeOf(packet, unit) === accessUnitDelimiter);
  const kept = units.slice(Math.max(0, delimiter)).filter((unit) => typeOf(packet, unit) < 20);
  if (kept.length === 0 || (kept.length === units.length && !note)) return packet;
  const parts = kept.map((unit) => packet.subarray(unit.start, unit.end));
  if (note) parts.splice(delimiter < 0 ? 0 : 1, 0, note);
  return concat(parts);
}

/** The NAL unit's type, 0 to 31. */
export function typeOf(packet: Uint8Array, unit: NalUnit): number {
  return (packet[unit.header] as number) & 31;
}

/** The parts one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** A packet with other NAL units, or the packet itself where `change` gives back each that it is given, or its lengths do not add up. */
export function withUnits(
  packet: Uint8Array,
  format: PacketFormat,
  change: (unit: Uint8Array, type: number) => Uint8Array,
): Uint8Array {
  const size = lengthSize(format);
  const units = nalUnits(packet, size) ?? [];
  let changed = false;
  const parts = units.flatMap((unit) => {
    const before = packet.subarray(unit.header, unit.end);
    const after = change(before, typeOf(packet, unit));
    if (after === before) return [packet.subarray(unit.start, unit.end)];
    changed = true;
    return [size === null ? Uint8Array.of(0, 0, 1) : bigEndian(after.length, size), after];
  });
  return changed ? concat([packet.subarray(0, units[0]?.start), ...parts]) : packet;
}

/** A number in `bytes` bytes, the highest first. */
export function bigEndian(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) & 255);
}

/** The NAL units of a packet, or null where its lengths do not add up. */
export function nalUnits(packet: Uint8Array, size: number | null): NalUnit[] | null {
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
