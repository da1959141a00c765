import type { Sound } from "./open-sound.ts";
import { layOut } from "./sound-line.ts";
import type { SoundBlock } from "./sound-packets.ts";

/** A microphone or a shared tab, whose samples come through a port, block by block; null is the end. */
export type LiveSound = {
  readonly port: MessagePort;
  /** Samples a second. */
  readonly rate: number;
  /** When the first of them is heard, in seconds of the session. */
  readonly startSeconds: number;
};

/** Seconds of sound that may wait while what was said before is written down; the oldest make way. */
const mostWaiting = 120;

/** A source that is so much behind the clock was silent meanwhile: it sends nothing while it is muted or asleep. */
const lostSeconds = 0.5;

/** What is heard of a live source, from now on. @param now the clock, in milliseconds */
export function liveSound({ port, rate, startSeconds }: LiveSound, now = () => performance.now()): Sound {
  const waiting: SoundBlock[] = [];
  let ended = false;
  let wake: () => void = () => undefined;
  let seconds = startSeconds;
  const begin = now();

  port.onmessage = ({ data }: MessageEvent<Float32Array | null>) => {
    if (data) {
      const late = startSeconds + (now() - begin) / 1000 - (seconds + data.length / rate);
      if (late > lostSeconds) seconds += late;
      waiting.push({ seconds, rate, samples: data });
      seconds += data.length / rate;
      while (waiting.length > 1 && seconds - (waiting[0] as SoundBlock).seconds > mostWaiting) waiting.shift();
    } else ended = true;
    wake();
  };

  async function* blocks(): AsyncGenerator<SoundBlock, void, void> {
    for (;;) {
      const block = waiting.shift();
      if (block) yield block;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }

  return {
    tracks: [{ index: 0, language: null, name: null, isDefault: true }],
    track: 0,
    durationSeconds: null,
    pieces: () =>
      layOut(blocks(), { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, at: Number.NEGATIVE_INFINITY }),
    close: () => port.close(),
  };
}
