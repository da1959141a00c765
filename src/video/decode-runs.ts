import { AuroraError, toAuroraError } from "../errors.ts";
import { asStated } from "./as-stated.ts";
import { withSequenceHeader } from "./av1.ts";
import { codecUnsupported, decoderConfig, renamed } from "./codec-support.ts";
import { FrameDecoder, StallError, throwIfAborted } from "./frame-decoder.ts";
import { canStartDecoding, encoderNote, firstPacketBytes, isDisposable, isH264 } from "./h264.ts";
import { followEntry, withEntry } from "./h264-entry.ts";
import { packetWithDepth, reorderDepth, withDepth } from "./h264-sets.ts";
import type { PacketFormat, PacketIndex, PacketReader } from "./packet-index.ts";
import { type DecodeRun, keyAfter, keyAtOrBefore, type WantedFrame } from "./sample-plan.ts";

/** A wanted frame and its picture; whoever takes it closes it. */
export type DecodedFrame = { readonly wanted: WantedFrame; readonly picture: VideoFrame };

/** Called with frames that could not be decoded, and the key packet at which decoding goes on (null: not in this run). */
type LossListener = (lost: readonly WantedFrame[], resumesAt: number | null) => void;

/** Bytes and packets that are read at once. */
const readBytes = 8 * 2 ** 20;
const readPackets = 128;

/** Frames that may come out before the one that is due; past this many it counts as lost. */
const maxEarly = 16;

/**
 * Decodes runs of packets of one track one after the other, through as few decoders as possible, and gives the wanted frames in order of time.
 * After damage it decodes the group of pictures once more by itself, in software where there is a choice, then goes on at the next key packet.
 */
export class RunDecoder {
  readonly #index: PacketIndex;
  readonly #reader: PacketReader;
  readonly #signal: AbortSignal;
  readonly #onLoss: LossListener;
  #decoder: FrameDecoder | null = null;
  /** What `#decoder` was made for. */
  #format: PacketFormat | null = null;
  #preferSoftware = false;
  /** `undefined` until it was looked for. */
  #note: Uint8Array | null | undefined;
  /** Whether there is no packet before those that were looked at where decoding can begin. */
  #nowhereToBegin = false;
  #outputs = 0;
  #stalls = 0;
  #lastError: Error | null = null;
  readonly #reorderDepth: number;
  /** The index's formats as decoders are configured with them. */
  #formats: readonly PacketFormat[];

  constructor(index: PacketIndex, reader: PacketReader, signal: AbortSignal, onLoss: LossListener) {
    this.#index = index;
    this.#reader = reader;
    this.#signal = signal;
    this.#onLoss = onLoss;
    this.#reorderDepth = index.formats.some(isH264) ? reorderDepth(index.pts) : 0;
    this.#formats = index.formats.map((format) => withDepth(format, this.#reorderDepth));
  }

  /** What the last decoder failed with; null where none did. */
  get lastError(): Error | null {
    return this.#lastError;
  }

  /** The wanted frames of `run` that can be decoded. @throws AuroraError when aborted or where decoding is hopeless */
  async *decode(run: DecodeRun): AsyncGenerator<DecodedFrame, void, void> {
    const { key } = this.#index;
    const pending = [...run.wanted];
    let from = run.first;
    while (pending.length > 0) {
      if (yield* this.#pass(from, run.last, pending)) {
        if (pending.length > 0) this.#onLoss(pending, null);
        return;
      }
      await this.#changeDecoder();
      const due = pending[0];
      if (!due) return;
      const start = Math.max(from, keyAtOrBefore(key, due.packet));
      const next = keyAfter(key, Math.max(start, due.packet));
      const end = Math.min(run.last, (next ?? Number.POSITIVE_INFINITY) - 1);
      if (!(yield* this.#pass(start, end, pending))) this.#closeDecoder();
      throwIfAborted(this.#signal);
      const lost = pending.filter((frame) => frame.packet <= end);
      pending.splice(0, pending.length, ...pending.filter((frame) => frame.packet > end));
      const resumesAt = next !== null && next <= run.last ? next : null;
      if (lost.length > 0) this.#onLoss(lost, resumesAt);
      if (resumesAt === null) return;
      from = resumesAt;
    }
  }

  /** Closes the decoder and all frames that nobody took. */
  close(): void {
    this.#closeDecoder();
  }

  /** Decodes packets `wantedStart` (or a few groups before, where a decoder can begin) to `to`, takes what comes out off `pending`, and tells whether the decoder survived. */
  async *#pass(wantedStart: number, to: number, pending: WantedFrame[]): AsyncGenerator<DecodedFrame, boolean, void> {
    const index = this.#index;
    const wanted = new Set(pending.map((frame) => this.#timestamp(frame.packet)));
    const wantedPackets = new Set(pending.map((frame) => frame.packet));
    const from = await this.#startAtOrBefore(wantedStart);
    const note = from === 0 ? null : await this.#encoderNote();
    let isFirst = true;
    let inFirstGroup = true;
    let mend = (packet: Uint8Array) => packet;
    for (let at = from; at <= to; ) {
      const packets = await this.#read(at, this.#readEnd(at, to));
      if (!packets) return false;
      for (const data of packets) {
        const packet = at++;
        if (packet !== from && index.key[packet] === 1) inFirstGroup = false;
        // What is shown before the first key packet refers to packets that this decoder has not seen.
        if (inFirstGroup && (index.pts[packet] as number) < (index.pts[from] as number)) continue;
        const starts = isFirst || index.key[packet] === 1;
        const format = this.#formatOf(packet);
        if (!isFirst && !wantedPackets.has(packet) && isDisposable(data, format)) continue;
        if (this.#decoder && this.#format !== format) {
          if (!isFirst && !(yield* this.#drain(this.#decoder, pending))) return false;
          this.#closeDecoder();
          isFirst = true;
        }
        if (isFirst && !canStartDecoding(data, format)) {
          // Decoders of graphics cards may not pass over what `withEntry` adds.
          await this.#chooseSoftware(format);
          mend = followEntry(data, format);
        }
        const decoder = this.#decoderFor(format);
        if (isFirst) decoder.want(wanted);
        yield* this.#deliver(decoder, pending);
        while (decoder.isFull && !decoder.error) {
          await decoder.nextEvent(this.#signal);
          yield* this.#deliver(decoder, pending);
        }
        throwIfAborted(this.#signal);
        const bytes = isFirst ? firstPacketBytes(withEntry(mend(data), format), format, note) : mend(data);
        decoder.decode(
          new EncodedVideoChunk({
            type: starts ? "key" : "delta",
            timestamp: this.#timestamp(packet),
            duration: Math.max(0, Math.round(index.duration[packet] as number)),
            data: (starts ? this.#startBytes(bytes, format) : bytes) as Uint8Array<ArrayBuffer>,
          }),
        );
        isFirst = false;
        if (decoder.error) return this.#noteFailure(decoder);
      }
    }
    return this.#decoder ? yield* this.#drain(this.#decoder, pending) : true;
  }

  /** Gets everything out of the decoder; tells whether it survived. */
  async *#drain(decoder: FrameDecoder, pending: WantedFrame[]): AsyncGenerator<DecodedFrame, boolean, void> {
    const flush = decoder.flush();
    yield* this.#deliver(decoder, pending);
    while (!flush.isDone && !decoder.error) {
      await decoder.nextEvent(this.#signal);
      yield* this.#deliver(decoder, pending);
    }
    yield* this.#deliver(decoder, pending);
    // Out of order or not at all: what is left is given in order, without those that did not come.
    for (let i = 0; i < pending.length && decoder.ready.size > 0; ) {
      const frame = this.#take(decoder, pending, i);
      if (frame) yield frame;
      else i++;
    }
    return decoder.error ? this.#noteFailure(decoder) : true;
  }

  /** Gives the frames that are due, in order. */
  *#deliver(decoder: FrameDecoder, pending: WantedFrame[]): Generator<DecodedFrame, void, void> {
    for (;;) {
      const frame = this.#take(decoder, pending, 0);
      if (frame) yield frame;
      else if (decoder.ready.size < maxEarly) return;
      else this.#onLoss(pending.splice(0, 1), null);
    }
  }

  #take(decoder: FrameDecoder, pending: WantedFrame[], position: number): DecodedFrame | null {
    const wanted = pending[position];
    if (!wanted) return null;
    const isLast = pending[position + 1]?.packet !== wanted.packet;
    const picture = decoder.take(this.#timestamp(wanted.packet), isLast);
    if (!picture) return null;
    pending.splice(position, 1);
    return { wanted, picture: asStated(picture, this.#formatOf(wanted.packet)) };
  }

  #timestamp(packet: number): number {
    return Math.round(this.#index.pts[packet] as number);
  }

  /** The packet at or before `key` (a key packet) where a decoder can begin; `key` itself where there is none. */
  async #startAtOrBefore(key: number): Promise<number> {
    if (this.#nowhereToBegin) return key;
    for (let at = key; ; at = keyAtOrBefore(this.#index.key, at - 1)) {
      throwIfAborted(this.#signal);
      const data = (await this.#read(at, at))?.[0];
      if (!data || canStartDecoding(data, this.#formatOf(at))) return at;
      if (at > 0) continue;
      this.#nowhereToBegin = true;
      return key;
    }
  }

  async #encoderNote(): Promise<Uint8Array | null> {
    if (this.#note === undefined) {
      const first = (await this.#read(0, 0))?.[0];
      this.#note = first ? encoderNote(first, this.#formatOf(0)) : null;
    }
    return this.#note;
  }

  #startBytes(packet: Uint8Array, format: PacketFormat): Uint8Array {
    return withSequenceHeader(packetWithDepth(packet, format, this.#reorderDepth), format);
  }

  #formatOf(packet: number): PacketFormat {
    return this.#formats[this.#index.format[packet] as number] ?? (this.#formats[0] as PacketFormat);
  }

  #readEnd(from: number, to: number): number {
    const { size } = this.#index;
    let end = from;
    for (let bytes = size[from] as number; end < to && end - from < readPackets; end++) {
      bytes += size[end + 1] as number;
      if (bytes > readBytes) break;
    }
    return end;
  }

  /** The packets' bytes, or null where the container is damaged there. */
  async #read(first: number, last: number): Promise<Uint8Array[] | null> {
    try {
      return await this.#reader.read(first, last);
    } catch (error) {
      throwIfAborted(this.#signal);
      if (error instanceof AuroraError) throw error;
      this.#lastError = error as Error;
      return null;
    }
  }

  #noteFailure(decoder: FrameDecoder): false {
    this.#lastError = decoder.error;
    if (decoder.error instanceof StallError) this.#stalls++;
    return false;
  }

  /** After a failure: a new decoder, in software where that can be chosen. @throws AuroraError where going on is hopeless */
  async #changeDecoder(): Promise<void> {
    this.#closeDecoder();
    throwIfAborted(this.#signal);
    const format = this.#formats[0] as PacketFormat;
    if (this.#outputs === 0) {
      if (isRefusal(this.#lastError)) return this.#renameFormats();
      if (this.#stalls > 1) {
        throw toAuroraError(
          this.#lastError,
          "VideoUnreadable",
          "The browser's video decoder does not answer. Restart the browser.",
        );
      }
    }
    await this.#chooseSoftware(format);
  }

  async #chooseSoftware(format: PacketFormat): Promise<void> {
    if (this.#preferSoftware) return;
    const support = await VideoDecoder.isConfigSupported(decoderConfig(format, true)).catch(() => null);
    this.#preferSoftware = support?.supported === true;
  }

  /** After a refusal: the names by which decoders may know the formats instead. @throws AuroraError where there are none */
  #renameFormats(): void {
    const others = this.#formats.map(renamed);
    if (!others.some((other) => other !== null))
      throw codecUnsupported(this.#formats[0] as PacketFormat, this.#lastError);
    this.#formats = this.#formats.map((format, i) => others[i] ?? format);
  }

  #decoderFor(format: PacketFormat): FrameDecoder {
    this.#decoder ??= new FrameDecoder(decoderConfig(format, this.#preferSoftware));
    this.#format = format;
    return this.#decoder;
  }

  #closeDecoder(): void {
    this.#outputs += this.#decoder?.outputs ?? 0;
    this.#decoder?.close();
    this.#decoder = null;
  }
}

/** Whether a decoder's error says that it does not take the configuration at all. Chromium's has another name than the standard's. */
function isRefusal(error: Error | null): boolean {
  return error?.name === "NotSupportedError" || /unsupported config/i.test(error?.message ?? "");
}
