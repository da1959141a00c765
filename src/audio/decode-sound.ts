import { canBePieces, decodePieces, type PieceDecoder } from "./decode-pieces.ts";
import { mixChannels, mixInterleaved } from "./mono.ts";
import { isPcm, readPcm } from "./pcm.ts";
import { type SoundFormat, soundConfig, soundUnsupported } from "./sound-format.ts";
import type { SoundBlock, SoundPacket } from "./sound-packets.ts";

/** Packets that may wait inside a decoder, and blocks outside, before no more are given. */
const [maxQueued, maxReady] = [16, 32];

/** Packets that may fail one after another before a track from which nothing came counts as undecodable. */
const hopeless = 50;

/** How long a decoder may do nothing before it counts as stuck. */
const stallMs = 20_000;

/**
 * Decodes packets in order of time. Damaged ones are passed over.
 *
 * @param decodePiece what decodes files of sound where the browser has no decoder of packets
 * @throws AuroraError `AudioUnreadable` where nothing at all can be decoded
 */
export async function* decodeSound(
  packets: AsyncIterable<SoundPacket>,
  formats: readonly SoundFormat[],
  signal: AbortSignal,
  decodePiece: PieceDecoder | null = null,
): AsyncGenerator<SoundBlock, void, void> {
  if (decodePiece && needsPieces(formats)) return yield* decodePieces(packets, formats, decodePiece);
  const decoding = new Decoding(signal);
  try {
    for await (const packet of packets) {
      const format = formats[packet.format] ?? formats[0];
      if (!format) continue;
      if (isPcm(format.codec)) {
        const samples = mixInterleaved(readPcm(packet.data, format.codec), Math.max(1, format.channels));
        yield { seconds: packet.seconds, rate: format.sampleRate, samples };
        continue;
      }
      yield* decoding.decode(packet, format);
    }
    yield* decoding.finish();
  } finally {
    decoding.close();
  }
}

/** Whether there is no decoder for packets, so that they must be decoded as files. */
function needsPieces(formats: readonly SoundFormat[]): boolean {
  return typeof AudioDecoder === "undefined" && formats.every((format) => canBePieces(format));
}

/** Whether the browser says that it decodes the format. @param decodesPieces whether files of sound can be decoded */
export async function claimsSound(format: SoundFormat, decodesPieces: boolean): Promise<boolean> {
  if (isPcm(format.codec)) return true;
  if (decodesPieces && needsPieces([format])) return true;
  if (typeof AudioDecoder === "undefined" || format.codec === "") return false;
  const support = await AudioDecoder.isConfigSupported(soundConfig(format)).catch(() => null);
  return support?.supported === true;
}

/** One WebCodecs decoder after the other: a new one where the format changes, or where the one before failed. */
class Decoding {
  readonly #signal: AbortSignal;
  #decoder: AudioDecoder | null = null;
  #format: SoundFormat | null = null;
  #ready: SoundBlock[] = [];
  #error: unknown = null;
  #failures = 0;
  #outputs = 0;
  /** Times of the packets inside the decoder, the oldest first. */
  #times: number[] = [];
  #wake: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async *decode(packet: SoundPacket, format: SoundFormat): AsyncGenerator<SoundBlock, void, void> {
    if (format !== this.#format) yield* this.finish();
    this.#format = format;
    const decoder = this.#open(format);
    if (decoder) {
      try {
        const timestamp = Math.round(packet.seconds * 1e6);
        this.#times.push(packet.seconds);
        const data = packet.data as Uint8Array<ArrayBuffer>;
        decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
      } catch (error) {
        this.#fail(error);
      }
    }
    while (this.#decoder && (this.#decoder.decodeQueueSize >= maxQueued || this.#ready.length >= maxReady)) {
      if (this.#ready.length > 0) yield* this.#take();
      else await this.#event();
    }
    yield* this.#take();
    if (this.#outputs === 0 && this.#failures >= hopeless) throw soundUnsupported(format, this.#error);
  }

  /** What is still inside. */
  async *finish(): AsyncGenerator<SoundBlock, void, void> {
    if (this.#decoder?.state === "configured") {
      let done = false;
      const flushed = this.#decoder
        .flush()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          done = true;
          this.#wake();
        });
      while (!done && this.#decoder) {
        await this.#event();
        yield* this.#take();
      }
      await flushed;
    }
    yield* this.#take();
    if (this.#outputs === 0 && this.#failures > 0 && this.#format) throw soundUnsupported(this.#format, this.#error);
    this.close();
  }

  close(): void {
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
  }

  *#take(): Generator<SoundBlock, void, void> {
    yield* this.#ready.splice(0);
  }

  #open(format: SoundFormat): AudioDecoder | null {
    if (this.#decoder?.state === "configured") return this.#decoder;
    this.close();
    this.#times = [];
    let isFirst = true;
    try {
      const decoder = new AudioDecoder({
        output: (data) => {
          try {
            this.#ready.push(toBlock(data, this.#timeOf(data, isFirst)));
            this.#outputs++;
            isFirst = false;
          } finally {
            data.close();
          }
          this.#wake();
        },
        error: (error) => {
          if (decoder === this.#decoder) this.#fail(error);
        },
      });
      decoder.ondequeue = () => this.#wake();
      decoder.configure(soundConfig(format));
      this.#decoder = decoder;
      return decoder;
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /**
   * When a block begins: with the packet that it came from. Decoders keep their packets in order, but some count on from the first one's time
   * and pass over gaps. Before the first block some packets may have given none.
   */
  #timeOf({ timestamp }: AudioData, isFirst: boolean): number {
    while (isFirst && this.#times.length > 1 && (this.#times[1] as number) <= timestamp / 1e6) this.#times.shift();
    return this.#times.shift() ?? timestamp / 1e6;
  }

  #fail(error: unknown): void {
    this.#error = error;
    this.#failures++;
    this.close();
    this.#wake();
  }

  /** Waits until something happens in the decoder; one that does nothing for long has failed. */
  async #event(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(() => this.#fail(new Error(`the decoder did nothing for ${stallMs} ms`)), stallMs);
    const stop = () => resolve();
    this.#signal.addEventListener("abort", stop, { once: true });
    try {
      this.#signal.throwIfAborted();
      await promise;
      this.#signal.throwIfAborted();
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener("abort", stop);
    }
  }
}

function toBlock(data: AudioData, seconds: number): SoundBlock {
  const planes = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
    const plane = new Float32Array(data.numberOfFrames);
    data.copyTo(plane, { planeIndex, format: "f32-planar" });
    return plane;
  });
  return { seconds, rate: data.sampleRate, samples: mixChannels(planes) };
}
