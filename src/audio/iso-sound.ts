import { assert } from "../errors.ts";
import { childBoxes, findBox, type TopLevelBox } from "../video/iso-boxes.ts";
import { aacFormat } from "./aac.ts";
import { isPcm, pcmBytes } from "./pcm.ts";
import type { SoundFormat } from "./sound-format.ts";

/** The fields that every sample entry of sound begins with (ISO/IEC 14496-12, 12.2; QuickTime File Format, sound sample description). */
type Entry = {
  readonly type: string;
  readonly channels: number;
  readonly bits: number;
  readonly sampleRate: number;
  /** QuickTime's flags of linear PCM; null in entries before its version 2. */
  readonly linearFlags: number | null;
  /** Content of a box inside the entry or in its `wave` box; null where there is none. */
  bytesOf(type: string): Uint8Array | null;
};

/**
 * How packets are encoded by a sample entry of a sound track of MP4 or MOV.
 * @throws Error where the entry lacks what decoders need
 */
export function toSoundFormat(view: DataView, box: TopLevelBox): SoundFormat {
  const entry = readEntry(view, box);
  const { type, channels, sampleRate } = entry;
  const plain = { codec: "", sampleEntry: type, description: null, sampleRate, channels };
  const linear = linearCodec(entry);
  if (linear) return { ...plain, codec: linear };
  switch (type) {
    case "mp4a":
      return streamFormat(entry, plain);
    case "Opus":
      return { ...plain, codec: "opus", description: opusHead(entry.bytesOf("dOps")) };
    case "fLaC": {
      const blocks = entry.bytesOf("dfLa")?.subarray(4);
      assert(blocks, "FLAC without its blocks");
      return { ...plain, codec: "flac", description: Uint8Array.from([...latin1("fLaC"), ...blocks]) };
    }
    case "alac":
      return { ...plain, codec: "alac", description: entry.bytesOf("alac") };
    case ".mp3":
    case "ms\0U":
      return { ...plain, codec: "mp3" };
    case "ac-3":
    case "ec-3":
      return { ...plain, codec: type };
    default:
      return plain;
  }
}

/** Bytes of one sample of uncompressed sound of all channels; null for other sound. */
export function evenSampleBytes(view: DataView, box: TopLevelBox): number | null {
  const { codec, channels } = toSoundFormat(view, box);
  return isPcm(codec) ? pcmBytes(codec) * channels : null;
}

function readEntry(view: DataView, box: TopLevelBox): Entry {
  const at = box.start + box.headerBytes;
  assert(at + 28 <= box.end, `a sample entry of ${box.end - at} bytes`);
  const version = view.getUint16(at + 8);
  const wide = version === 2 && at + 64 <= box.end;
  const inside = contents(view, box, at, version);
  const wave = inside.find((child) => child.type === "wave");
  const boxes = wave ? [...inside, ...childBoxes(view, wave.start + wave.headerBytes, wave.end)] : inside;
  return {
    type: box.type,
    channels: wide ? view.getUint32(at + 40) : view.getUint16(at + 16),
    bits: wide ? view.getUint32(at + 48) : view.getUint16(at + 18),
    sampleRate: wide ? view.getFloat64(at + 32) : view.getUint32(at + 24) / 65536,
    linearFlags: wide ? view.getUint32(at + 52) : null,
    bytesOf(type) {
      const found = boxes.find((child) => child.type === type);
      if (!found) return null;
      const start = found.start + found.headerBytes;
      return new Uint8Array(view.buffer, view.byteOffset + start, found.end - start).slice();
    },
  };
}

/** The boxes of an entry: behind QuickTime's additional fields, where its version tells of some and they are there. */
function contents(view: DataView, box: TopLevelBox, at: number, version: number): TopLevelBox[] {
  const added = version === 1 ? 16 : version === 2 ? 36 : 0;
  const boxes = childBoxes(view, at + 28 + added, box.end);
  return boxes.length > 0 || added === 0 ? boxes : childBoxes(view, at + 28, box.end);
}

/** The codec of uncompressed sound, named as mediabunny names them; null for other sound. */
function linearCodec(entry: Entry): string | null {
  const { type, bits, linearFlags } = entry;
  const little = (entry.bytesOf("enda")?.[1] ?? 0) === 1;
  const integer = (width: number, isLittle: boolean) =>
    width === 8 ? "pcm-s8" : `pcm-s${width}${isLittle ? "" : "be"}`;
  const float = (width: number, isLittle: boolean) => `pcm-f${width}${isLittle ? "" : "be"}`;
  const configuration = entry.bytesOf("pcmC");
  switch (type) {
    case "sowt":
      return integer(bits, true);
    case "twos":
      return integer(bits, false);
    case "raw ":
      return bits === 8 ? "pcm-u8" : integer(bits, false);
    case "NONE":
      return integer(bits, false);
    case "in24":
      return integer(24, little);
    case "in32":
      return integer(32, little);
    case "fl32":
      return float(32, little);
    case "fl64":
      return float(64, little);
    case "lpcm": {
      const flags = linearFlags ?? 0;
      const isLittle = (flags & 2) === 0;
      if ((flags & 1) !== 0) return float(bits, isLittle);
      return bits === 8 && (flags & 4) === 0 ? "pcm-u8" : integer(bits, isLittle);
    }
    case "ipcm":
    case "fpcm": {
      const isLittle = ((configuration?.[4] ?? 0) & 1) === 1;
      const width = configuration?.[5] ?? bits;
      return type === "ipcm" ? integer(width, isLittle) : float(width, isLittle);
    }
    case "ulaw":
    case "alaw":
      return type;
    default:
      return null;
  }
}

/** What an MPEG-4 elementary stream descriptor (ISO/IEC 14496-1, 7.2.6) says of sound. */
function streamFormat(entry: Entry, plain: SoundFormat): SoundFormat {
  const bytes = entry.bytesOf("esds");
  assert(bytes, "mp4a without its descriptor");
  const { objectType, specific } = readDescriptor(bytes.subarray(4));
  switch (objectType) {
    case 0x40:
    case 0x66:
    case 0x67:
    case 0x68:
      return aacFormat(specific, plain);
    case 0x69:
    case 0x6b:
      return { ...plain, codec: "mp3" };
    case 0xa5:
      return { ...plain, codec: "ac-3" };
    case 0xa6:
      return { ...plain, codec: "ec-3" };
    case 0xa9:
      return { ...plain, sampleEntry: "dts" };
    case 0xdd:
      return { ...plain, sampleEntry: "vorbis" };
    default:
      return plain;
  }
}

/** The type of stream that a descriptor tells of, and what it has for its decoder. */
function readDescriptor(bytes: Uint8Array): { objectType: number; specific: Uint8Array } {
  let at = 0;
  let objectType = 0;
  while (at < bytes.length) {
    const tag = bytes[at++];
    let length = 0;
    for (let more = true; more && at < bytes.length; at++) {
      length = length * 128 + ((bytes[at] as number) & 127);
      more = ((bytes[at] as number) & 128) !== 0;
    }
    if (tag === 3) {
      const flags = bytes[at + 2] ?? 0;
      at += 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x40 ? 1 + (bytes[at + 3] ?? 0) : 0) + (flags & 0x20 ? 2 : 0);
    } else if (tag === 4) {
      objectType = bytes[at] ?? 0;
      at += 13;
    } else if (tag === 5) return { objectType, specific: bytes.slice(at, at + length) };
    else at += length;
  }
  return { objectType, specific: new Uint8Array(0) };
}

/** Opus' header of Ogg, which decoders want, by MP4's box of it (Encapsulation of Opus in ISO-BMFF, 4.3.2). */
function opusHead(box: Uint8Array | null): Uint8Array {
  assert(box && box.length >= 11, "Opus without its box");
  const from = new DataView(box.buffer, box.byteOffset);
  const head = new Uint8Array(8 + box.length);
  const to = new DataView(head.buffer);
  head.set(latin1("OpusHead"));
  to.setUint8(8, 1);
  to.setUint8(9, from.getUint8(1));
  to.setUint16(10, from.getUint16(2), true);
  to.setUint32(12, from.getUint32(4), true);
  to.setInt16(16, from.getInt16(8), true);
  head.set(box.subarray(10), 18);
  return head;
}

function latin1(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

/** A sound track's language as its header tells it (ISO 639-2), or null where it is not told. */
export function languageOf(view: DataView, trak: TopLevelBox): string | null {
  const mdhd = findBox(view, trak, "mdia", "mdhd");
  if (!mdhd) return null;
  const at = mdhd.start + mdhd.headerBytes;
  const packed = view.getUint16(at + (view.getUint8(at) === 1 ? 32 : 20));
  const code = [10, 5, 0].map((shift) => String.fromCharCode(((packed >> shift) & 31) + 0x60)).join("");
  return /^[a-z]{3}$/.test(code) && code !== "und" ? code : null;
}
