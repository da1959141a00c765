import { AuroraError, toAuroraError } from "../errors.ts";
import { fileGone, isGone } from "../video/file-gone.ts";
import type { FileSound } from "../video/frame-source.ts";
import { IsoParseError } from "../video/iso-index.ts";
import { withWholeCluster } from "../video/matroska-cut.ts";
import { sniff, sniffByteLength } from "../video/sniff.ts";
import { stoppable } from "../video/stoppable.ts";
import { fromTables } from "../video/transport-stream.ts";
import type { PieceDecoder } from "./decode-pieces.ts";
import { claimsSound, decodeSound } from "./decode-sound.ts";
import { isoPackets, NoSound } from "./iso-packets.ts";
import { otherPackets } from "./other-packets.ts";
import { soundUnsupported } from "./sound-format.ts";
import { layOut, type SoundPiece } from "./sound-line.ts";
import type { PacketStream, SoundPart, SoundTrack } from "./sound-packets.ts";

export type { SoundPiece, SoundTrack };

/** The sound of a video: times are those of its picture. */
export type Sound = {
  readonly tracks: readonly SoundTrack[];
  /** Place of the track that is heard. */
  readonly track: number;
  /** Where the sound ends, as far as the file tells; null where it does not. */
  readonly durationSeconds: number | null;
  /**
   * The sound from second `from` on, one channel at 16 kHz, in order of time and a piece at a time: no more is decoded than is asked for. What
   * is heard before the first picture has times below 0.
   *
   * @throws AuroraError `AudioUnreadable` where nothing of it can be decoded, `Aborted`
   */
  pieces(options?: { readonly from?: number; readonly signal?: AbortSignal }): AsyncGenerator<SoundPiece, void, void>;
  close(): void;
};

export type SoundOptions = {
  /** Place of the wanted track among the file's sound tracks; the default one unless given. */
  readonly track?: number | null;
  /** Decodes files of sound, for browsers without a decoder of packets. */
  readonly decodePiece?: PieceDecoder | null;
  readonly signal?: AbortSignal;
};

/** Decoded before the wanted moment, so that decoders have found into the sound by then. */
const leadSeconds = 0.2;

/**
 * Opens the sound of any file that the picture of can be opened; null where it has none.
 * @throws AuroraError `AudioUnreadable`, `VideoUnreadable` where the file is gone, `Aborted`
 */
export async function openSound({ file, clock }: FileSound, options: SoundOptions = {}): Promise<Sound | null> {
  const { track = null, decodePiece = null, signal = new AbortController().signal } = options;
  try {
    const stream = await openPackets(file, track, clock.restarts, signal);
    try {
      await requireKnown(stream, decodePiece !== null);
      return toSound(stream, clock.startSeconds, signal, decodePiece);
    } catch (error) {
      stream.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof NoSound) return null;
    if (signal.aborted) throw new AuroraError("Aborted", "Stopped.", error);
    throw unreadable(error);
  }
}

function unreadable(error: unknown): AuroraError {
  if (isGone(error)) return fileGone(error);
  const typed = toAuroraError(error, "AudioUnreadable", damaged);
  return typed.code === "VideoUnreadable" ? new AuroraError("AudioUnreadable", damaged, error) : typed;
}

const damaged = "The sound of this video cannot be read: the file is damaged. The pictures may still be watched.";

/** The packets of a file, which is mended alike as for its pictures. */
async function openPackets(
  file: Blob,
  track: number | null,
  restarts: readonly number[],
  signal: AbortSignal,
): Promise<PacketStream> {
  const { kind } = sniff(new Uint8Array(await file.slice(0, sniffByteLength).arrayBuffer()));
  switch (kind) {
    case "isobmff":
      return await isoPackets(file, track, signal).catch((error: unknown) => {
        if (error instanceof IsoParseError) return otherPackets(file, track, restarts);
        throw error;
      });
    case "matroska":
      return otherPackets(await withWholeCluster(file, signal), track, restarts);
    case "mpeg-ts":
      return otherPackets(await fromTables(file), track, restarts);
    default:
      throw new NoSound(`a file of the kind ${kind}`);
  }
}

/** @throws AuroraError `AudioUnreadable` where the codec has no name that a decoder could know, or none is there */
async function requireKnown({ formats }: PacketStream, decodesPieces: boolean): Promise<void> {
  for (const format of formats) if (await claimsSound(format, decodesPieces)) return;
  const [first] = formats;
  // What the browser says can be wrong, so that only what it cannot even be asked about is refused here.
  if (!first || first.codec === "" || typeof AudioDecoder === "undefined")
    throw soundUnsupported(first ?? { codec: "", sampleEntry: "", description: null, sampleRate: 0, channels: 0 });
}

function toSound(
  stream: PacketStream,
  startSeconds: number,
  opening: AbortSignal,
  decodePiece: PieceDecoder | null,
): Sound {
  const { tracks, chosen, endSeconds } = stream;
  return {
    tracks,
    track: chosen,
    durationSeconds: endSeconds === null ? null : Math.max(0, endSeconds - startSeconds),
    pieces: ({ from = Number.NEGATIVE_INFINITY, signal = opening } = {}) =>
      stoppable(signal, (stop) => pieces(stream, from + startSeconds, startSeconds, stop, decodePiece)),
    close: () => stream.close(),
  };
}

/** @param from on the file's timeline, after its edit list */
async function* pieces(
  stream: PacketStream,
  from: number,
  startSeconds: number,
  signal: AbortSignal,
  decodePiece: PieceDecoder | null,
): AsyncGenerator<SoundPiece, void, void> {
  try {
    for (const part of stream.parts) {
      const wanted = since(part, from);
      if (wanted.to <= wanted.from) continue;
      const first = Math.max(0, wanted.from - leadSeconds);
      const blocks = decodeSound(stream.packets(first, signal), stream.formats, signal, decodePiece);
      for await (const { seconds, samples } of layOut(blocks, wanted)) {
        signal.throwIfAborted();
        yield { seconds: seconds - startSeconds, samples };
      }
    }
  } catch (error) {
    if (signal.aborted) throw new AuroraError("Aborted", "Stopped.", error);
    throw unreadable(error);
  }
}

/** What of a part is heard from `from` on. */
function since(part: SoundPart, from: number): SoundPart {
  if (!Number.isFinite(part.at)) return { ...part, from: Math.max(part.from, from) };
  const late = Math.max(0, from - part.at);
  return { from: part.from + late, to: part.to, at: part.at + late };
}
