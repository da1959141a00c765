import { AuroraError } from "../errors.ts";
import type { FrameSource } from "../video/frame-source.ts";
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
  close(): void;
};

export function createReels(engine: Engine): Reels {
  const reels: Reel[] = [];
  const reelOf = (frame: number) => reels.findLast(({ firstFrame }) => firstFrame <= frame);

  async function* decode(frames: readonly FramePlace[], encoder: FrameEncoder, signal: AbortSignal) {
    let begin = 0;
    while (begin < frames.length) {
      const reel = reelOf(frames[begin]?.index ?? 0);
      let end = begin + 1;
      while (end < frames.length && reelOf(frames[end]?.index ?? 0) === reel) end++;
      if (!reel) throw gone();
      yield* decodeReel(engine, reel, frames.slice(begin, end), encoder, signal);
      begin = end;
    }
  }

  return {
    add: (reel) => void reels.push(reel),
    decodable: (frame) => reelOf(frame)?.source.repeatable === true,
    async *tokens(frames, signal) {
      const encoder = createFrameEncoder(engine);
      try {
        yield* decode(frames, encoder, signal);
      } finally {
        encoder.destroy();
      }
    },
    close() {
      for (const { source } of reels.splice(0)) if (source.repeatable) source.close();
    },
  };
}

async function* decodeReel(
  engine: Engine,
  { source, offsetSeconds }: Reel,
  frames: readonly FramePlace[],
  encoder: FrameEncoder,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const { maxBatch } = engine.encoder;
  const frameBytes = frameByteLength(engine);
  const [from, to] = [frames[0]?.seconds ?? 0, frames.at(-1)?.seconds ?? 0];
  let found = 0;
  let loaded = 0;
  async function* encode() {
    if (loaded === 0) return;
    const { tokens } = await encoder.encode(loaded);
    for (let slot = 0; slot < loaded; slot++) yield tokens.subarray(slot * frameBytes, (slot + 1) * frameBytes);
    loaded = 0;
  }
  const range = [from - offsetSeconds - slack, to - offsetSeconds + slack] as const;
  for await (const { frame, timestampSeconds, rotation, mirrored = false } of source.frames({ signal, range })) {
    try {
      const wanted = frames[found]?.seconds ?? Number.POSITIVE_INFINITY;
      const seconds = timestampSeconds + offsetSeconds;
      if (seconds > wanted + slack) throw gone();
      if (seconds < wanted - slack) continue;
      found++;
      await encoder.load(frame, rotation, loaded++, mirrored);
    } finally {
      frame.close();
    }
    if (loaded === maxBatch) yield* encode();
    if (found === frames.length) break;
  }
  yield* encode();
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
