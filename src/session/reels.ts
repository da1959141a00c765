import { AuroraError } from "../errors.ts";
import type { FrameSource, WatchedFrame } from "../video/frame-source.ts";
import type { Engine } from "./engine.ts";
import { createFrameEncoder, type FrameEncoder } from "./memory/frame-encoder.ts";
import { frameByteLength } from "./memory/frame-tokens.ts";

/** A source that frames of a memory came from. */
type Reel = {
  readonly source: FrameSource;
  /** Index of its first frame in the memory. */
  readonly firstFrame: number;
  /** What was added to its times. */
  readonly offsetSeconds: number;
};

/** A frame of a memory, by its index, and its time there. */
type FramePlace = { readonly index: number; readonly seconds: number };

/** A frame that was decoded again, with its place in the memory. */
type Picture = WatchedFrame & { readonly index: number; readonly seconds: number };

/** What a memory's frames came from, one source after the other, to decode them again where their tokens are gone. */
export type Reels = {
  /** Goes on with another source; one that can be had again is closed with all. */
  add(reel: Reel): void;
  /** Whether a frame can be decoded again, as those of files can and those of a camera cannot. */
  decodable(frame: number): boolean;
  /**
   * The tokens of frames, ascending, as they were read.
   *
   * @throws AuroraError `VideoUnreadable` where one cannot be had again, e.g. since the file is gone; `Aborted`
   */
  tokens(frames: readonly FramePlace[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
  /**
   * Frames, ascending, decoded again; whoever takes one closes it.
   *
   * @throws AuroraError as `tokens`
   */
  pictures(frames: readonly FramePlace[], signal: AbortSignal): AsyncGenerator<Picture, void, void>;
  close(): void;
};

export function createReels(engine: Engine): Reels {
  const reels: Reel[] = [];
  const reelOf = (frame: number) => reels.findLast(({ firstFrame }) => firstFrame <= frame);

  async function* pictures(frames: readonly FramePlace[], signal: AbortSignal) {
    let begin = 0;
    while (begin < frames.length) {
      const reel = reelOf(frames[begin]?.index ?? 0);
      let end = begin + 1;
      while (end < frames.length && reelOf(frames[end]?.index ?? 0) === reel) end++;
      if (!reel) throw gone();
      yield* decodeReel(reel, frames.slice(begin, end), signal);
      begin = end;
    }
  }

  return {
    add: (reel) => void reels.push(reel),
    decodable: (frame) => reelOf(frame)?.source.repeatable === true,
    async *tokens(frames, signal) {
      const encoder = createFrameEncoder(engine);
      try {
        yield* encode(engine, encoder, pictures(frames, signal));
      } finally {
        encoder.destroy();
      }
    },
    pictures,
    close() {
      for (const { source } of reels.splice(0)) if (source.repeatable) source.close();
    },
  };
}

/** The tokens of pictures, which are closed. */
async function* encode(
  engine: Engine,
  encoder: FrameEncoder,
  pictures: AsyncIterable<Picture>,
): AsyncGenerator<Uint8Array, void, void> {
  const { maxBatch } = engine.encoder;
  const frameBytes = frameByteLength(engine);
  let loaded = 0;
  async function* flush() {
    if (loaded === 0) return;
    const { tokens } = await encoder.encode(loaded);
    for (let slot = 0; slot < loaded; slot++) yield tokens.subarray(slot * frameBytes, (slot + 1) * frameBytes);
    loaded = 0;
  }
  for await (const { frame, rotation, mirrored = false } of pictures) {
    try {
      await encoder.load(frame, rotation, loaded++, mirrored);
    } finally {
      frame.close();
    }
    if (loaded === maxBatch) yield* flush();
  }
  yield* flush();
}

async function* decodeReel(
  { source, offsetSeconds }: Reel,
  frames: readonly FramePlace[],
  signal: AbortSignal,
): AsyncGenerator<Picture, void, void> {
  const [from, to] = [frames[0]?.seconds ?? 0, frames.at(-1)?.seconds ?? 0];
  let found = 0;
  const range = [from - offsetSeconds - slack, to - offsetSeconds + slack] as const;
  for await (const given of source.frames({ signal, range })) {
    const wanted = frames[found];
    const seconds = given.timestampSeconds + offsetSeconds;
    if (wanted && Math.abs(seconds - wanted.seconds) <= slack) {
      found++;
      yield { ...given, index: wanted.index, seconds };
    } else given.frame.close();
    if (!wanted || seconds > wanted.seconds + slack) throw gone();
    if (found === frames.length) break;
  }
  if (found < frames.length) throw gone();
}

/** Seconds by which times may differ: those of a memory file are rounded. */
const slack = 1e-4;

function gone(): AuroraError {
  return new AuroraError(
    "VideoUnreadable",
    "A part of the video could not be decoded again. Check that the file is still there, and watch it again.",
  );
}
