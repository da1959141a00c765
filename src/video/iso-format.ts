import { assert } from "../errors.ts";
import { cropOf } from "./as-stated.ts";
import { codedColorSpace, unnamedMatrix } from "./coded-colours.ts";
import type { CodedColours } from "./h264-parameters.ts";
import { recordParameters } from "./h264-sets.ts";
import { childBoxes, fourCc, type TopLevelBox } from "./iso-boxes.ts";
import type { PacketFormat } from "./packet-index.ts";
import { vp9Codec } from "./vp9.ts";

/** Sample entries of codecs that some browser decodes. */
const known = /^(avc[1-4]|hvc1|hev1|vp0[89]|av01|vvc1|vvi1|dvh1|dvhe|dva1|dvav|dav1)$/;

/** Whether a track with this sample entry, or one that is protected, is worth choosing. */
export function isKnownEntry(type: string): boolean {
  return known.test(type) || /^(enc|drm)/.test(type);
}

/**
 * How packets are encoded by a sample entry of a video track.
 * @throws Error where the entry lacks what decoders need
 */
export function toPacketFormat(view: DataView, entry: TopLevelBox): PacketFormat {
  const content = entry.start + entry.headerBytes;
  assert(content + 78 <= entry.end, `a sample entry of ${entry.end - content} bytes`);
  const boxes = childBoxes(view, content + 78, entry.end);
  const bytesOf = (type: string): Uint8Array | null => {
    const box = boxes.find((child) => child.type === type);
    if (!box) return null;
    const start = box.start + box.headerBytes;
    return new Uint8Array(view.buffer, view.byteOffset + start, box.end - start).slice();
  };
  const record = bytesOf("avcC") ?? bytesOf("hvcC");
  const [codedWidth, codedHeight] = [view.getUint16(content + 24), view.getUint16(content + 26)];
  assert(record || !/^(avc|hvc|hev)/.test(entry.type), `${entry.type} without its decoder configuration`);
  const told = record && entry.type.startsWith("avc") ? recordParameters(record) : null;
  // Once Chromium is told anything, it asks the stream no more.
  const colours = [containerColours(bytesOf("colr")), told?.colours].filter((each) => each != null);
  return {
    codec: codecString(entry.type, bytesOf, codedWidth * codedHeight),
    sampleEntry: entry.type,
    description: record,
    sequenceHeader: entry.type === "av01" ? (bytesOf("av1C")?.slice(4) ?? null) : null,
    codedWidth,
    codedHeight,
    pixelAspect: pixelAspect(bytesOf("pasp")),
    colorSpace: colours.map(codedColorSpace).find((each) => each !== null) ?? untold,
    matrix: colours.map(({ matrix }) => unnamedMatrix(matrix)).find((each) => each !== null) ?? null,
    crop: told && cropOf(told),
  };
}

/** Of a file that says nothing. Told nothing at all, Chromium takes BT.709, and frames cannot be told from those that are. */
const untold: VideoColorSpaceInit = {};

function pixelAspect(pasp: Uint8Array | null): number {
  if (!pasp || pasp.length < 8) return 1;
  const view = new DataView(pasp.buffer);
  const [across, down] = [view.getUint32(0), view.getUint32(4)];
  return across > 0 && down > 0 ? across / down : 1;
}

function containerColours(colr: Uint8Array | null): CodedColours | null {
  if (!colr || colr.length < 11) return null;
  const view = new DataView(colr.buffer);
  if (fourCc(view, 0) !== "nclx") return null;
  const [primaries, transfer, matrix] = [view.getUint16(4), view.getUint16(6), view.getUint16(8)];
  return { primaries, transfer, matrix, fullRange: view.getUint8(10) >= 128 };
}

type BoxBytes = (type: string) => Uint8Array | null;

/** Codec string of WebCodecs (RFC 6381 and what each codec's binding adds); empty where there is none. */
function codecString(type: string, bytesOf: BoxBytes, area: number): string {
  const digits = (value: number) => String(value).padStart(2, "0");
  const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (type === "vp08") return "vp8";
  if (type.startsWith("vp09")) {
    const told = bytesOf("vpcC")?.subarray(4);
    if (!told) return "vp09"; // its frames tell
    const [profile = 0, level = 0, depths = 0x80] = told;
    return vp9Codec(profile, depths >> 4 || 8, area, level);
  }
  if (type === "av01") {
    const [, levels = 0, flags = 0] = bytesOf("av1C") ?? [];
    const bits = (flags & 0x40) === 0 ? 8 : (flags & 0x20) === 0 ? 10 : 12;
    return `av01.${levels >> 5}.${digits(levels & 31)}${(flags & 0x80) === 0 ? "M" : "H"}.${digits(bits)}`;
  }
  const avc = bytesOf("avcC");
  if (avc && /^avc/.test(type)) return `${type}.${hex(avc.subarray(1, 4))}`;
  const hevc = bytesOf("hvcC");
  if (hevc && /^h[ve][cv]/.test(type)) return `${type}.${hevcProfile(hevc)}`;
  return known.test(type) ? type : "";
}

/** Profile, compatibility, tier, level and constraints of an hvcC (ISO/IEC 14496-15, annex E.3). */
function hevcProfile(record: Uint8Array): string {
  const [, profile = 0] = record;
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  let compatible = 0;
  for (let bit = 0; bit < 32; bit++) compatible = compatible * 2 + ((view.getUint32(2) >>> bit) & 1);
  const constraints = [...record.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const level = `${(profile & 0x20) === 0 ? "L" : "H"}${record[12] ?? 0}`;
  const parts = [["", "A", "B", "C"][profile >> 6], profile & 31].join("");
  return [parts, compatible.toString(16), level, ...constraints.map((byte) => byte.toString(16))].join(".");
}
