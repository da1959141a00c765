/** A frame of a live source, and how many have been passed over in all up to it. */
type LiveFrame = {
  readonly frame: VideoFrame;
  /** Since the first frame. */
  readonly seconds: number;
  /** Which of the sampling's times it stands for, counted from 0. */
  readonly index: number;
  readonly dropped: number;
};

/** Room for one frame of a live source: the newest. */
export type NewestFrame = {
  /** Takes a frame over; closes it when it is not wanted, and the one before that nobody took. */
  offer(frame: VideoFrame): void;
  /** No frame comes any more. */
  end(): void;
  /** The newest frame, once there is one of the next of the sampling's times; null when none comes any more. */
  next(): Promise<LiveFrame | null>;
  /** Lets go of what is there. The time since the last `next` counts as one in which nothing was wanted. */
  rest(): void;
};

/** A camera's times waver by so many seconds; a frame this much early is taken. */
const tolerance = 0.005;

/**
 * Creates the room. The sampling's times are every 1/`fps` seconds from the first frame on. One of them counts as dropped
 * when it went by while the frame before was still being read; one for which the source had no frame does not.
 *
 * @param now a clock in milliseconds
 */
export function createNewestFrame(fps: number, now: () => number = () => performance.now()): NewestFrame {
  let start: number | null = null;
  let last = { index: -1, takenMs: 0 };
  let held: { readonly frame: VideoFrame; readonly seconds: number } | null = null;
  /** Whoever waits for a frame, and since when. */
  let waiting: { readonly take: (frame: LiveFrame | null) => void; readonly sinceMs: number } | null = null;
  let dropped = 0;
  let ended = false;
  let rested = false;

  const indexOf = (seconds: number) => Math.floor((seconds + tolerance) * fps);

  function give(): void {
    if (!waiting || (!held && !ended)) return;
    const { take, sinceMs } = waiting;
    waiting = null;
    if (!held) {
      take(null);
      return;
    }
    const { frame, seconds } = held;
    held = null;
    const index = Math.max(indexOf(seconds), last.index + 1);
    const busySeconds = rested ? 0 : (sinceMs - last.takenMs) / 1000;
    if (last.index >= 0) dropped += Math.min(index - last.index - 1, Math.floor(busySeconds * fps));
    last = { index, takenMs: now() };
    rested = false;
    take({ frame, seconds, index, dropped });
  }

  return {
    offer(frame) {
      start ??= frame.timestamp;
      const seconds = (frame.timestamp - start) / 1e6;
      if (ended || indexOf(seconds) <= last.index) return frame.close();
      held?.frame.close();
      held = { frame, seconds };
      give();
    },
    end() {
      ended = true;
      give();
    },
    next: () =>
      new Promise((resolve) => {
        waiting = { take: resolve, sinceMs: now() };
        give();
      }),
    rest() {
      held?.frame.close();
      held = null;
      rested = true;
    },
  };
}
