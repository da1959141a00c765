import { BitReader, BitWriter, withEmulation, withoutEmulation } from "./bits.ts";

/** Profiles whose parameter set tells chroma format and scaling lists. */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Most pictures that H.264 lets a decoder hold. */
const maxHeld = 16;

/**
 * A sequence parameter set (a NAL unit of type 7, its header included) that says of how many pictures the decoder must wait for before it shows
 * one: `reorder`, where it said nothing or less. Decoders that are not told guess, and drop pictures until they have guessed right.
 * A set that is told rightly, or cannot be read, is returned as it is.
 */
export function withReorderDepth(sps: Uint8Array, reorder: number): Uint8Array {
  const bytes = withoutEmulation(sps);
  const reader = new BitReader(bytes, 8);
  const references = skipToVui(reader);
  const vuiAt = reader.at;
  const hasVui = reader.bit() === 1;
  if (hasVui) skipToRestriction(reader);
  const restrictionAt = hasVui ? reader.at : vuiAt;
  const told = hasVui && reader.bit() === 1 ? readRestriction(reader) : null;
  if (reader.failed || (told && told.reorder >= reorder)) return sps;
  const writer = new BitWriter();
  writer.copy(bytes, restrictionAt);
  // A VUI of nothing else: eight flags that say that nothing is told, one of them `pic_struct_present_flag`.
  if (!hasVui) writer.bits(1, 1).bits(0, 8);
  writer.bits(1, 1); // bitstream_restriction_flag
  writer.bits(1, 1).ue(0).ue(0).ue(16).ue(16); // vectors over the edge, no limits of bytes and bits, vectors' lengths
  const depth = Math.min(reorder, maxHeld);
  writer.ue(depth).ue(Math.min(maxHeld, Math.max(depth, references, told?.held ?? 0)));
  return withEmulation(writer.finish());
}

/** Reads up to `vui_parameters_present_flag` (ITU-T H.264, 7.3.2.1.1); returns `max_num_ref_frames`. */
function skipToVui(reader: BitReader): number {
  const profile = reader.bits(8);
  reader.bits(16); // constraints, level
  reader.ue(); // id
  if (highProfiles.has(profile)) skipChroma(reader);
  reader.ue(); // log2_max_frame_num_minus4
  const orderType = reader.ue();
  if (orderType === 0) reader.ue();
  else if (orderType === 1) {
    reader.bit();
    reader.ue();
    reader.ue();
    for (let left = reader.ue(); left > 0 && !reader.failed; left--) reader.ue();
  }
  const references = reader.ue();
  reader.bit(); // gaps_in_frame_num_value_allowed_flag
  reader.ue(); // width
  reader.ue(); // height
  if (reader.bit() === 0) reader.bit(); // frames only, or fields adaptively
  reader.bit(); // direct_8x8_inference_flag
  if (reader.bit() === 1) for (let i = 0; i < 4; i++) reader.ue(); // cropping
  return references;
}

function skipChroma(reader: BitReader): void {
  const format = reader.ue();
  if (format === 3) reader.bit();
  reader.ue(); // bit depths
  reader.ue();
  reader.bit(); // lossless
  if (reader.bit() === 0) return;
  for (let list = 0; list < (format === 3 ? 12 : 8); list++) {
    if (reader.bit() === 0) continue;
    for (let i = 0, next = 8; i < (list < 6 ? 16 : 64) && next !== 0 && !reader.failed; i++) {
      const code = reader.ue();
      const delta = code % 2 === 1 ? (code + 1) / 2 : -code / 2;
      next = (next + delta + 256) % 256;
    }
  }
}

/** Reads a VUI up to `bitstream_restriction_flag` (annex E.1.1). */
function skipToRestriction(reader: BitReader): void {
  if (reader.bit() === 1 && reader.bits(8) === 255) reader.bits(32); // aspect ratio
  if (reader.bit() === 1) reader.bit(); // overscan
  if (reader.bit() === 1) {
    reader.bits(4); // video format, range
    if (reader.bit() === 1) reader.bits(24); // colours
  }
  if (reader.bit() === 1) {
    reader.ue(); // place of chroma samples
    reader.ue();
  }
  if (reader.bit() === 1) {
    reader.bits(32); // timing
    reader.bits(32);
    reader.bit();
  }
  const nal = skipHrd(reader);
  const vcl = skipHrd(reader);
  if (nal || vcl) reader.bit(); // low_delay_hrd_flag
  reader.bit(); // pic_struct_present_flag
}

function skipHrd(reader: BitReader): boolean {
  if (reader.bit() === 0) return false;
  const count = reader.ue() + 1;
  reader.bits(8);
  for (let i = 0; i < count && !reader.failed; i++) {
    reader.ue();
    reader.ue();
    reader.bit();
  }
  reader.bits(20);
  return true;
}

function readRestriction(reader: BitReader): { reorder: number; held: number } {
  reader.bit();
  for (let i = 0; i < 4; i++) reader.ue();
  return { reorder: reader.ue(), held: reader.ue() };
}
