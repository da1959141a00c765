import { BitReader, withoutEmulation } from "./bits.ts";

/** Profiles whose parameter set tells chroma format and scaling lists. */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Colours by their code points (ITU-T H.273), 2 where the stream does not say. */
export type CodedColours = {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
};

/** How slices tell their place in the order of display: `pic_order_cnt_type`, and bits of `pic_order_cnt_lsb` or whether there are deltas. */
type PictureOrder = { readonly type: number; readonly bits: number; readonly deltas: boolean };

/** What a sequence parameter set tells (ITU-T H.264, 7.3.2.1.1). */
export type SequenceParameters = {
  /** `seq_parameter_set_id`. */
  readonly id: number;
  /** Of the shown picture, in samples. */
  readonly width: number;
  readonly height: number;
  /** Samples of the coded picture that are cut off on the left of it and above. */
  readonly left: number;
  readonly top: number;
  /** Whether pictures may be fields: two of them, one after the other, are then a frame. */
  readonly fields: boolean;
  /** `max_num_ref_frames`. */
  readonly references: number;
  /** Bits of a slice's `frame_num`. */
  readonly frameNumberBits: number;
  readonly order: PictureOrder;
  /** `chroma_format_idc`. */
  readonly chroma: number;
  /** Whether the three colour planes are coded apart. */
  readonly separatePlanes: boolean;
  /** Null where it says nothing of colours. */
  readonly colours: CodedColours | null;
  /** `max_num_reorder_frames` and `max_dec_frame_buffering`; null where they are not told. */
  readonly told: { readonly reorder: number; readonly held: number } | null;
  /** Position of `bitstream_restriction_flag`, or of `vui_parameters_present_flag` where there is no VUI; in bits, without emulation prevention. */
  readonly restrictionAt: number;
  readonly hasVui: boolean;
  /** Position of `vui_parameters_present_flag`, likewise. */
  readonly vuiAt: number;
};

/** Reads a sequence parameter set: a NAL unit of type 7, its header included. Null where it cannot be read. */
export function readSequenceParameters(sps: Uint8Array): SequenceParameters | null {
  const reader = new BitReader(withoutEmulation(sps), 8);
  const picture = readPicture(reader);
  const vuiAt = reader.at;
  const hasVui = reader.bit() === 1;
  const colours = hasVui ? readToRestriction(reader) : null;
  const restrictionAt = hasVui ? reader.at : vuiAt;
  const told = hasVui && reader.bit() === 1 ? readRestriction(reader) : null;
  return reader.failed ? null : { ...picture, colours, told, restrictionAt, hasVui, vuiAt };
}

/** Reads up to `vui_parameters_present_flag`. */
function readPicture(reader: BitReader) {
  const profile = reader.bits(8);
  reader.bits(16); // constraints, level
  const id = reader.ue();
  const { chroma, separatePlanes } = highProfiles.has(profile)
    ? readChroma(reader)
    : { chroma: 1, separatePlanes: false };
  const frameNumberBits = reader.ue() + 4;
  const order = readOrder(reader);
  const references = reader.ue();
  reader.bit(); // gaps_in_frame_num_value_allowed_flag
  const across = 16 * (reader.ue() + 1);
  const down = 16 * (reader.ue() + 1);
  const fields = reader.bit() === 0;
  if (fields) reader.bit(); // fields and frames by macroblock
  reader.bit(); // direct_8x8_inference_flag
  const [left = 0, right = 0, top = 0, bottom = 0] = reader.bit() === 1 ? [0, 0, 0, 0].map(() => reader.ue()) : [];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (fields ? 2 : 1);
  const width = across - unitX * (left + right);
  const height = down * (fields ? 2 : 1) - unitY * (top + bottom);
  return {
    ...{ id, width, height, left: unitX * left, top: unitY * top },
    ...{ fields, references, frameNumberBits, order, chroma, separatePlanes },
  };
}

function readOrder(reader: BitReader): PictureOrder {
  const type = reader.ue();
  if (type === 0) return { type, bits: reader.ue() + 4, deltas: false };
  if (type !== 1) return { type, bits: 0, deltas: false };
  const deltas = reader.bit() === 0;
  reader.ue();
  reader.ue();
  for (let left = reader.ue(); left > 0 && !reader.failed; left--) reader.ue();
  return { type, bits: 0, deltas };
}

function readChroma(reader: BitReader): { chroma: number; separatePlanes: boolean } {
  const chroma = reader.ue();
  const separatePlanes = chroma === 3 && reader.bit() === 1;
  reader.ue(); // bit depths
  reader.ue();
  reader.bit(); // lossless
  if (reader.bit() === 0) return { chroma, separatePlanes };
  for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) {
    if (reader.bit() === 0) continue;
    for (let i = 0, next = 8; i < (list < 6 ? 16 : 64) && next !== 0 && !reader.failed; i++) {
      const code = reader.ue();
      const delta = code % 2 === 1 ? (code + 1) / 2 : -code / 2;
      next = (next + delta + 256) % 256;
    }
  }
  return { chroma, separatePlanes };
}

/** Reads a VUI up to `bitstream_restriction_flag` (annex E.1.1); returns what it says of colours. */
function readToRestriction(reader: BitReader): CodedColours | null {
  let colours: CodedColours | null = null;
  if (reader.bit() === 1 && reader.bits(8) === 255) reader.bits(32); // aspect ratio
  if (reader.bit() === 1) reader.bit(); // overscan
  if (reader.bit() === 1) {
    reader.bits(3); // video format
    const fullRange = reader.bit() === 1;
    const [primaries = 2, transfer = 2, matrix = 2] = reader.bit() === 1 ? [8, 8, 8].map((n) => reader.bits(n)) : [];
    colours = { primaries, transfer, matrix, fullRange };
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
  return colours;
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
