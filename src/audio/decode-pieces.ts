import { mixChannels } from "./mono.ts";
import { type SoundFormat, soundUnsupported } from "./sound-format.ts";
import type { SoundBlock, SoundPacket } from "./sound-packets.ts";

/** Decodes a short file of sound alone, as pages can without WebCodecs; null where it cannot be decoded. */
export type PieceDecoder = (file: Uint8Array<ArrayBuffer>) => Promise<DecodedPiece | null>;

export type DecodedPiece = { readonly rate: number; readonly planes: readonly Float32Array[] };

/** How long a piece is, and how many packets before it are decoded along: what they hold is needed by those behind them. */
const [pieceSeconds, leadPackets] = [20, 6];

const rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** Whether packets of this format, one behind the other, can be made a file that browsers decode. */
export function canBePieces({ codec, description }: SoundFormat): boolean {
  return /^mp4a\.40\.(2|5|29)$/.test(codec) || codec === "mp3" || (codec === "flac" && description !== null);
}

/**
 * Decodes packets in pieces of some seconds, each a file of its own; no more is held than one. Times are told by the end of a piece: what a decoder
 * leaves out it leaves out at the beginning.
 *
 * @throws AuroraError `AudioUnreadable` where nothing at all can be decoded
 */
export async function* decodePieces(
  packets: AsyncIterable<SoundPacket>,
  formats: readonly SoundFormat[],
  decode: PieceDecoder,
): AsyncGenerator<SoundBlock, void, void> {
  let piece: SoundPacket[] = [];
  let lead = 0;
  let outputs = 0;
  async function* flush(next: SoundPacket | null): AsyncGenerator<SoundBlock, void, void> {
    const format = formats[piece[0]?.format ?? 0] ?? formats[0];
    if (!format || piece.length <= lead) return;
    const decoded = await decode(join(piece, format));
    const block = decoded && toBlock(decoded, endOf(piece, next));
    if (block) {
      outputs++;
      yield block;
    } else if (outputs === 0) throw soundUnsupported(format);
  }
  for await (const packet of packets) {
    const [first, last] = [piece[lead], piece.at(-1)];
    const isNew = first && (packet.format !== first.format || packet.seconds - first.seconds >= pieceSeconds);
    const isApart = last && packet.seconds - last.seconds > 1; // after a gap nothing before is needed
    if (isNew || isApart) {
      const follows = !isApart && packet.format === first?.format;
      yield* flush(follows ? packet : null);
      piece = follows ? piece.slice(-leadPackets) : [];
      lead = piece.length;
    }
    piece.push(packet);
  }
  yield* flush(null);
}

/** When the last of the packets ends: when the next begins, or as long after its beginning as the one before it lasted. */
function endOf(piece: readonly SoundPacket[], next: SoundPacket | null): number {
  if (next) return next.seconds;
  const [before, last] = [piece.at(-2), piece.at(-1) as SoundPacket];
  return last.seconds + (before ? last.seconds - before.seconds : 0.02);
}

function toBlock({ rate, planes }: DecodedPiece, endSeconds: number): SoundBlock | null {
  const samples = mixChannels(planes);
  return samples.length === 0 ? null : { seconds: endSeconds - samples.length / rate, rate, samples };
}

/** A file of the packets: AAC with the headers of ADTS, MP3 as it is, FLAC behind its own header. */
function join(packets: readonly SoundPacket[], format: SoundFormat): Uint8Array<ArrayBuffer> {
  const parts = packets.flatMap(({ data }) =>
    isAdts(data, format) ? [data] : [adtsHeader(data.length, format), data],
  );
  const all =
    format.codec === "flac" && format.description ? [format.description, ...packets.map(({ data }) => data)] : parts;
  const file = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function isAdts(data: Uint8Array, { codec }: SoundFormat): boolean {
  return codec === "mp3" || (data[0] === 0xff && ((data[1] ?? 0) & 0xf6) === 0xf0);
}

/** ISO/IEC 13818-7, 6.2: a frame of AAC LC, which may hold SBR. */
function adtsHeader(byteLength: number, { sampleRate, channels }: SoundFormat): Uint8Array {
  const length = byteLength + 7;
  const rate = Math.max(0, rates.indexOf(sampleRate));
  const layout = channels === 8 ? 7 : channels;
  return Uint8Array.of(
    0xff,
    0xf1,
    (1 << 6) | (rate << 2) | (layout >> 2),
    ((layout & 3) << 6) | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f,
    0xfc,
  );
}
