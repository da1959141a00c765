import { AuroraError } from "../errors.ts";
import { countFrame } from "./frame-count.ts";

/** Chunks that may wait inside a decoder before no more are given. */
const maxQueued = 8;

/** How long a decoder may do nothing before it counts as stuck; a person's patience, so a test shortens it. */
export const decoderPatience = { stallMs: 20_000 };

/** A decoder that stopped answering. */
export class StallError extends Error {}

/**
 * A WebCodecs decoder that keeps the frames that are wanted, by timestamp in microseconds, and closes all others at once.
 * `error` is set once it has failed; it is of no use then.
 */
export class FrameDecoder {
  /** Frames that came out and were not taken yet. */
  readonly ready = new Map<number, VideoFrame>();
  readonly #decoder: VideoDecoder;
  #wake: (() => void) | null = null;
  #error: Error | null = null;
  #outputs = 0;
  #wanted: ReadonlySet<number> = new Set();

  constructor(config: VideoDecoderConfig) {
    this.#decoder = new VideoDecoder({
      output: (frame) => {
        this.#outputs++;
        if (this.#wanted.has(frame.timestamp) && !this.ready.has(frame.timestamp)) {
          this.ready.set(frame.timestamp, countFrame(frame));
        } else {
          frame.close();
        }
        this.#notify();
      },
      error: (error) => this.#fail(error),
    });
    this.#decoder.ondequeue = () => this.#notify();
    try {
      this.#decoder.configure(config);
    } catch (error) {
      this.#fail(error);
    }
  }

  get error(): Error | null {
    return this.#error;
  }

  /** Frames that came out so far, wanted or not. */
  get outputs(): number {
    return this.#outputs;
  }

  get isFull(): boolean {
    return this.#decoder.decodeQueueSize >= maxQueued;
  }

  /** The timestamps whose frames are kept from now on; others that nobody took are closed. */
  want(timestamps: ReadonlySet<number>): void {
    this.#wanted = timestamps;
    for (const [timestamp, frame] of this.ready) {
      if (timestamps.has(timestamp)) continue;
      frame.close();
      this.ready.delete(timestamp);
    }
  }

  /** The frame of `timestamp`, or null where it did not come out yet. The decoder keeps it too unless it is taken for the last time. */
  take(timestamp: number, isLast: boolean): VideoFrame | null {
    const frame = this.ready.get(timestamp);
    if (!frame) return null;
    if (!isLast) return countFrame(frame.clone());
    this.ready.delete(timestamp);
    return frame;
  }

  decode(chunk: EncodedVideoChunk): void {
    if (this.#error) return;
    try {
      this.#decoder.decode(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Asks for all frames still inside; `isDone` of the answer turns true when they are out, or at an error. */
  flush(): { readonly isDone: boolean } {
    const state = { isDone: this.#error !== null };
    if (state.isDone) return state;
    this.#decoder
      .flush()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        state.isDone = true;
        this.#notify();
      });
    return state;
  }

  /** Waits until something happens in the decoder. Fails it where nothing does for too long. @throws AuroraError when aborted */
  async nextEvent(signal: AbortSignal): Promise<void> {
    if (this.#error) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(
      () => this.#fail(new StallError(`decoder did nothing for ${decoderPatience.stallMs} ms`)),
      decoderPatience.stallMs,
    );
    signal.addEventListener("abort", resolve as () => void, { once: true });
    if (!signal.aborted) await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", resolve as () => void);
    throwIfAborted(signal);
  }

  /** Stops decoding and closes the frames that nobody took. */
  close(): void {
    if (this.#decoder.state !== "closed") this.#decoder.close();
    for (const frame of this.ready.values()) frame.close();
    this.ready.clear();
    this.#error ??= new Error("closed");
    this.#notify();
  }

  #fail(error: unknown): void {
    this.#error ??= error instanceof Error ? error : new Error(String(error));
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** Throws the error that a stopped reader ends with. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AuroraError("Aborted", "Stopped.", signal.reason);
}
