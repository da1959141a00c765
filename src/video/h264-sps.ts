import { BitWriter, withEmulation, withoutEmulation } from "./bits.ts";
import { readSequenceParameters } from "./h264-parameters.ts";

/** Most pictures that H.264 lets a decoder hold. */
const maxHeld = 16;

/**
 * A sequence parameter set (a NAL unit of type 7, its header included) that says of how many pictures the decoder must wait for before it shows
 * one: `reorder`, where it said nothing or less. Decoders that are not told guess, and drop pictures until they have guessed right.
 * A set that is told rightly, or cannot be read, is returned as it is.
 */
export function withReorderDepth(sps: Uint8Array, reorder: number): Uint8Array {
  const set = readSequenceParameters(sps);
  if (!set || (set.told && set.told.reorder >= reorder)) return sps;
  const writer = new BitWriter();
  writer.copy(withoutEmulation(sps), set.restrictionAt);
  // A VUI of nothing else: eight flags that say that nothing is told, one of them `pic_struct_present_flag`.
  if (!set.hasVui) writer.bits(1, 1).bits(0, 8);
  writer.bits(1, 1); // bitstream_restriction_flag
  writer.bits(1, 1).ue(0).ue(0).ue(16).ue(16); // vectors over the edge, no limits of bytes and bits, vectors' lengths
  const depth = Math.min(reorder, maxHeld);
  writer.ue(depth).ue(Math.min(maxHeld, Math.max(depth, set.references, set.told?.held ?? 0)));
  return withEmulation(writer.finish());
}
