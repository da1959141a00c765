import type { EncodedPacket, EncodedPacketSink, Input, InputAudioTrack } from "mediabunny";
import { restartUs } from "../video/transport-stream.ts";
import { NoSound } from "./iso-packets.ts";
import type { SoundFormat } from "./sound-format.ts";
import { chooseSoundTrack, type PacketStream, type SoundPacket, type SoundTrack } from "./sound-packets.ts";

/**
 * The sound of a WebM, Matroska or MPEG-TS file (or of an MP4 whose own tables could not be read) with mediabunny.
 *
 * @param restarts by how many seconds the picture's clock was moved each time that it began again: the sound's is moved alike
 * @throws NoSound; Error where the file is damaged
 */
export async function otherPackets(
  file: Blob,
  wanted: number | null,
  restarts: readonly number[],
): Promise<PacketStream> {
  const { ALL_FORMATS, BlobSource, EncodedPacketSink: Sink, Input: MediaInput } = await import("mediabunny");
  const input = new MediaInput({ source: new BlobSource(file, { handleUnhandledError() {} }), formats: ALL_FORMATS });
  try {
    const all = await input.getAudioTracks();
    const tracks = await Promise.all(all.map(describe));
    const chosen = chooseSoundTrack(tracks, wanted);
    const track = chosen && all[chosen.index];
    if (!track) throw new NoSound("no sound track");
    const sink = new Sink(track);
    return {
      tracks,
      chosen: chosen.index,
      formats: [await formatOf(track)],
      parts: [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, at: Number.NEGATIVE_INFINITY }],
      endSeconds: await endOf(input, track),
      packets: (seconds, signal) => packets(sink, seconds, restarts, signal),
      close: () => input.dispose(),
    };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

async function* packets(
  sink: EncodedPacketSink,
  seconds: number,
  restarts: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<SoundPacket, void, void> {
  // Where the clock begins again a time says little: then all is gone through.
  const start = restarts.length === 0 && seconds > 0 ? await sink.getPacket(seconds).catch(() => null) : null;
  const move = restartMover(restarts);
  const iterator = start ? sink.packets(start) : sink.packets();
  for await (const packet of iterator) {
    signal.throwIfAborted();
    const time = move(packet);
    // Of a clock that ran out meanwhile, what is before 0 belongs to the beginning.
    if (seconds <= 0 || time >= seconds - 1) yield { seconds: time, data: packet.data, format: 0 };
  }
}

/** Gives each packet's time, moved as the picture's were after its clock began again. */
function restartMover(restarts: readonly number[]): (packet: EncodedPacket) => number {
  let begun = 0;
  let latest = Number.NEGATIVE_INFINITY;
  return ({ timestamp }) => {
    if (timestamp + (restarts[begun - 1] ?? 0) < latest - restartUs / 1e6 && begun < restarts.length) begun++;
    const time = timestamp + (restarts[begun - 1] ?? 0);
    latest = Math.max(latest, time);
    return time;
  };
}

async function describe(track: InputAudioTrack, index: number): Promise<SoundTrack> {
  const language = await track.getLanguageCode();
  return {
    index,
    language: language === "und" ? null : language,
    name: await track.getName(),
    isDefault: (await track.getDisposition()).default,
  };
}

async function formatOf(track: InputAudioTrack): Promise<SoundFormat> {
  const config = await track.getDecoderConfig();
  const codec = await track.getCodec();
  const description = config?.description;
  return {
    codec: config?.codec ?? codec ?? "",
    sampleEntry: String((await track.getInternalCodecId()) ?? ""),
    description: description === undefined ? null : toBytes(description),
    sampleRate: await track.getSampleRate(),
    channels: await track.getNumberOfChannels(),
  };
}

function toBytes(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source.slice(0));
}

async function endOf(input: Input, track: InputAudioTrack): Promise<number | null> {
  const told = await track.getDurationFromMetadata().catch(() => null);
  return told ?? (await input.getDurationFromMetadata().catch(() => null)) ?? null;
}
