import { BitReader, BitWriter, withEmulation, withoutEmulation } from "./bits.ts";
import type { SequenceParameters } from "./h264-parameters.ts";

/** What a picture parameter set tells of slices' headers (ITU-T H.264, 7.3.2.2). */
export type PictureParameters = {
  readonly id: number;
  readonly arithmetic: boolean;
  readonly bottomOrder: boolean;
  readonly references: readonly [number, number];
  readonly weighted: boolean;
  readonly weightedBoth: boolean;
  readonly deblocking: boolean;
  readonly redundant: boolean;
};

/** Reads a picture parameter set: a NAL unit of type 8, its header included. Null where it cannot be read, or has groups of slices. */
export function readPictureParameters(unit: Uint8Array): PictureParameters | null {
  const reader = new BitReader(withoutEmulation(unit), 8);
  const id = reader.ue();
  reader.ue(); // the sequence's
  const [arithmetic, bottomOrder] = [reader.bit() === 1, reader.bit() === 1];
  if (reader.ue() > 0) return null;
  const references = [reader.ue() + 1, reader.ue() + 1] as const;
  const weighted = reader.bit() === 1;
  const weightedBoth = reader.bits(2) === 1;
  for (let i = 0; i < 3; i++) reader.ue(); // quantisers
  const deblocking = reader.bit() === 1;
  reader.bit(); // constrained_intra_pred_flag
  const redundant = reader.bit() === 1;
  return reader.failed
    ? null
    : { id, arithmetic, bottomOrder, references, weighted, weightedBoth, deblocking, redundant };
}

type Command = { readonly operation: number; readonly values: readonly number[] };
type Header = {
  readonly frameNumber: number;
  /** Bits where `dec_ref_pic_marking` begins and ends, and where the header does. */
  readonly markingAt: number;
  readonly markingEnd: number;
  readonly end: number;
  readonly arithmetic: boolean;
  readonly commands: readonly Command[];
};

const [sliceP, sliceB, sliceI] = [0, 1, 2];

/**
 * A slice (a NAL unit of type 1, its header included) that forgets no picture from before the one that decoding began with, which had the number `entry`: decoders
 * take it for an error that such a picture is not there. Others, and slices that cannot be read, are returned as they are.
 */
export function withoutStrangers(
  unit: Uint8Array,
  set: SequenceParameters,
  pictures: readonly PictureParameters[],
  entry: number,
): Uint8Array {
  const bytes = withoutEmulation(unit);
  const header = readHeader(bytes, set, pictures);
  if (!header || header.commands.length === 0) return unit;
  const since = (header.frameNumber - entry) & (2 ** set.frameNumberBits - 1);
  const known = header.commands.filter(({ operation, values }) => operation !== 1 || (values[0] ?? 0) + 1 <= since);
  if (known.length === header.commands.length) return unit;
  const writer = new BitWriter().copy(bytes, header.markingAt).bits(known.length > 0 ? 1 : 0, 1);
  for (const { operation, values } of known) for (const value of [operation, ...values]) writer.ue(value);
  if (known.length > 0) writer.ue(0);
  writer.copy(bytes, header.end - header.markingEnd, header.markingEnd);
  if (!header.arithmetic) return withEmulation(writer.copy(bytes, lastOne(bytes) - header.end, header.end).finish());
  const data = bytes.subarray(Math.ceil(header.end / 8));
  const front = writer.align(1).bytes();
  const whole = new Uint8Array(front.length + data.length);
  whole.set(front);
  whole.set(data, front.length);
  return withEmulation(whole);
}

/** `frame_num` of a slice; null where it cannot be read. */
export function frameNumberOf(
  unit: Uint8Array,
  { separatePlanes, frameNumberBits }: SequenceParameters,
): number | null {
  const reader = new BitReader(withoutEmulation(unit.subarray(0, 32)), 8);
  for (let i = 0; i < 3; i++) reader.ue();
  if (separatePlanes) reader.bits(2);
  const number = reader.bits(frameNumberBits);
  return reader.failed ? null : number;
}

/** Reads the header of a slice of a frame that is referred to (7.3.3); null where it is another one. */
function readHeader(bytes: Uint8Array, set: SequenceParameters, pictures: readonly PictureParameters[]): Header | null {
  const reader = new BitReader(bytes, 8);
  reader.ue();
  const type = reader.ue() % 5;
  const id = reader.ue();
  const picture = pictures.find((each) => each.id === id);
  if (!picture || type > sliceI || ((bytes[0] ?? 0) & 0x60) === 0) return null;
  if (set.separatePlanes) reader.bits(2);
  const frameNumber = reader.bits(set.frameNumberBits);
  if (set.fields && reader.bit() === 1) return null;
  reader.bits(set.order.bits);
  const deltas = set.order.deltas ? 1 : 0;
  for (let i = picture.bottomOrder && (set.order.bits > 0 || deltas > 0) ? 1 + deltas : deltas; i > 0; i--) reader.ue();
  if (picture.redundant) reader.ue();
  skipReferences(reader, type, set, picture);
  const markingAt = reader.at;
  const commands = readCommands(reader);
  const markingEnd = reader.at;
  if (picture.arithmetic && type !== sliceI) reader.ue(); // cabac_init_idc
  reader.ue(); // slice_qp_delta
  if (picture.deblocking && reader.ue() !== 1) for (let i = 0; i < 2; i++) reader.ue();
  const { arithmetic } = picture;
  return reader.failed ? null : { frameNumber, markingAt, markingEnd, end: reader.at, arithmetic, commands };
}

/** What a header tells of the pictures that the slice refers to: how many, in which order, with which weights. */
function skipReferences(reader: BitReader, type: number, set: SequenceParameters, picture: PictureParameters): void {
  if (type === sliceI) return;
  if (type === sliceB) reader.bit(); // direct_spatial_mv_pred_flag
  const lists = type === sliceB ? 2 : 1;
  let counts: readonly number[] = picture.references.slice(0, lists);
  if (reader.bit() === 1) counts = counts.map(() => reader.ue() + 1);
  for (let list = 0; list < lists; list++) {
    if (reader.bit() === 0) continue;
    while (reader.ue() !== 3 && !reader.failed) reader.ue();
  }
  if (!(type === sliceP ? picture.weighted : picture.weightedBoth)) return;
  const hasChroma = set.chroma > 0 && !set.separatePlanes;
  reader.ue();
  if (hasChroma) reader.ue();
  for (const count of counts) {
    for (let i = 0; i < count && !reader.failed; i++) {
      if (reader.bit() === 1) for (let n = 0; n < 2; n++) reader.ue();
      if (hasChroma && reader.bit() === 1) for (let n = 0; n < 4; n++) reader.ue();
    }
  }
}

/** Reads `dec_ref_pic_marking` (7.3.3.3). */
function readCommands(reader: BitReader): Command[] {
  const commands: Command[] = [];
  if (reader.bit() === 0) return commands;
  for (let operation = reader.ue(); operation !== 0 && !reader.failed; operation = reader.ue()) {
    const count = operation === 5 ? 0 : operation === 3 ? 2 : 1;
    commands.push({ operation, values: Array.from({ length: count }, () => reader.ue()) });
  }
  return commands;
}

/** Position of the last bit that is set: what ends a NAL unit. */
function lastOne(bytes: Uint8Array): number {
  let at = 8 * bytes.length - 1;
  while (at > 0 && (((bytes[at >> 3] as number) >> (7 - (at & 7))) & 1) === 0) at--;
  return at;
}
