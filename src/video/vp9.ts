import { BitReader } from "./bits.ts";
import type { PacketSource } from "./packet-index.ts";

/** The codec string of VP9 with this profile and depth; the level is the least for pictures of `area` pixels unless it is told. */
export function vp9Codec(profile: number, bits: number, area: number, level = 0): string {
  const digits = (value: number) => String(value).padStart(2, "0");
  return `vp09.${digits(profile)}.${digits(level || leastLevel(area))}.${digits(bits)}`;
}

/** The least level that allows pictures of `area` pixels, ten times its number: recorders that do not know theirs write 0. */
function leastLevel(area: number): number {
  const levels = [10, 11, 20, 21, 30, 31, 40, 50, 60] as const;
  const areas = [36864, 73728, 122880, 245760, 552960, 983040, 2228224, 8912896, 35651584];
  return levels[areas.findIndex((most) => area <= most)] ?? 60;
}

type Vp9Header = {
  readonly profile: number;
  readonly bits: number;
  /** Whether chroma has every column of luma and every second row. */
  readonly is440: boolean;
};

/** Profile, depth and chroma by the header of a frame that refers to no other (VP9 bitstream, 6.2); null where it is another one. */
export function vp9Profile(frame: Uint8Array): Vp9Header | null {
  const reader = new BitReader(frame.subarray(0, 16), 0);
  if (reader.bits(2) !== 2) return null;
  const profile = reader.bit() + 2 * reader.bit();
  if (profile === 3) reader.bit();
  const [existing, isInter] = [reader.bit(), reader.bit()];
  reader.bits(2); // shown, resilient
  if (existing === 1 || isInter === 1 || reader.bits(24) !== 0x498342) return null;
  const bits = profile < 2 ? 8 : 10 + 2 * reader.bit();
  const isRgb = reader.bits(3) === 7;
  if (!isRgb) reader.bit(); // range
  const is440 = profile % 2 === 1 && !isRgb && reader.bit() === 0 && reader.bit() === 1;
  return reader.failed ? null : { profile, bits, is440 };
}

/** A source whose VP9 tells of itself in its first frame only, with the codec string that follows from that. */
export async function withVp9Codec(source: PacketSource): Promise<PacketSource> {
  const { index } = source;
  if (index.available === 0 || !index.formats.some(({ codec }) => codec === "vp09")) return source;
  const formats = await Promise.all(
    index.formats.map(async (format, i) => {
      const first = index.format.indexOf(i);
      if (format.codec !== "vp09" || first < 0 || first >= index.available) return format;
      const [frame] = await source.createReader().read(first, first);
      const { profile, bits } = (frame && vp9Profile(frame)) ?? { profile: 0, bits: 8 };
      return { ...format, codec: vp9Codec(profile, bits, format.codedWidth * format.codedHeight) };
    }),
  );
  return { ...source, index: { ...index, formats } };
}
