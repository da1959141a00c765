import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import type { FrameSource, Sampling, SoundPlace, VideoLoss, WatchSource } from "../video/frame-source.ts";
import { openSource } from "../video/open-source.ts";
import { createGate, createSignal } from "./flow.ts";
import type { Memory } from "./memory/memory.ts";
import type { SessionChange } from "./protocol.ts";
import type { FrameRecord } from "./types.ts";

/** A source on its way into a memory. */
export type Watch = {
  /**
   * Waits for the first frames, or until `signal`.
   *
   * @throws AuroraError why there will be none
   */
  begun(signal: AbortSignal): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends watching; what was decoded until then is still read. */
  stop(): void;
  /** Resolves when watching has ended, whichever way. */
  readonly ended: Promise<void>;
};

type Publish = (part: SessionChange["part"], frames?: readonly FrameRecord[]) => void;

/**
 * Feeds a memory with the frames of a source, from now on. What comes of it, errors too, is published: what was read
 * before one stays.
 *
 * @param onSound told where the source's sound is once it is open, null where it can have none
 */
export function startWatching(
  memory: Memory,
  source: WatchSource,
  sampling: Sampling,
  publish: Publish,
  onSound: (sound: SoundPlace | null) => void = () => undefined,
): Watch {
  const ending = new AbortController();
  const gate = createGate();
  const firstFrames = createSignal();
  const pace = createPace();
  const notices: ErrorData[] = [];
  let planned: number | null = null;
  let failure: AuroraError | null = null;

  const report: Publish = (part, frames) => publish({ ...part, watchMs: pace.watchMs() }, frames);
  const note = (error: AuroraError) => {
    notices.push(error.toData());
    report({ notices: [...notices] });
  };
  let keptNoted = false;
  const unsubscribe = memory.subscribe((frames) => {
    pace.count(frames.length);
    firstFrames.give();
    if (memory.kept.failure && !keptNoted) note(memory.kept.failure);
    keptNoted ||= memory.kept.failure !== null;
    report(progress(frames.at(-1)?.timestampSeconds ?? 0), frames);
  });

  function progress(watchedUntilSeconds: number): SessionChange["part"] {
    const framesWatched = pace.frames();
    const framesPerSecond = pace.framesPerSecond();
    const known = planned !== null && framesPerSecond > 0;
    const secondsLeft = known ? Math.max(0, (planned ?? 0) - framesWatched) / framesPerSecond : null;
    return { framesWatched, watchedUntilSeconds, framesPerSecond, secondsLeft };
  }

  let toldMs = Number.NEGATIVE_INFINITY;
  /** Told ten times a second, and of the last byte. */
  function onDownload(loadedBytes: number, totalBytes: number | null): void {
    if (performance.now() - toldMs < 100 && loadedBytes !== totalBytes) return;
    toldMs = performance.now();
    report({ download: { loadedBytes, totalBytes } });
  }

  async function watch(): Promise<void> {
    report({ status: "opening" });
    const opened = await openSource(source, sampling, { signal: ending.signal, onDownload });
    try {
      onSound(opened.sound);
      planned = opened.plan();
      report({ status: "watching", framesPlanned: planned, video: opened.info, download: null });
      pace.start();
      await feed(opened);
      await memory.settle();
      report({ status: "done", watchedUntilSeconds: opened.info.durationSeconds, secondsLeft: 0 });
    } finally {
      pace.stop();
      opened.close();
    }
  }

  async function feed(opened: FrameSource): Promise<void> {
    const onLoss = (loss: VideoLoss) => note(describeLoss(loss));
    for await (const { frame, timestampSeconds, rotation, mirrored } of opened.frames({
      signal: ending.signal,
      onLoss,
    })) {
      try {
        if (gate.closed()) await pause();
      } catch (error) {
        frame.close();
        throw error;
      }
      await memory.add(frame, rotation, timestampSeconds, mirrored);
    }
  }

  /** Reads what has been decoded, so that a pause is one, and waits for the gate to open. */
  async function pause(): Promise<void> {
    await memory.settle();
    pace.stop();
    report({ status: "paused", secondsLeft: null });
    await gate.opened(ending.signal);
    pace.start();
    report({ status: "watching" });
  }

  /** What was decoded before stays: a session that was stopped or failed still answers. */
  async function end(error: unknown): Promise<void> {
    const typed = toAuroraError(
      error,
      "Unexpected",
      "Watching broke off through a mistake of this app. Watch the video again; Details has what a report needs.",
    );
    const stopped = typed.code === "Aborted";
    await memory.settle().catch(() => undefined);
    if (!stopped) failure = typed;
    report({ ...(stopped ? { status: "stopped" } : { status: "failed", error: typed.toData() }), secondsLeft: null });
  }

  const ended = watch()
    .catch(end)
    .finally(() => {
      firstFrames.give();
      unsubscribe();
    });

  return {
    async begun(signal) {
      const aborted = createSignal();
      signal.addEventListener("abort", aborted.give, { once: true });
      if (!signal.aborted) await Promise.race([firstFrames.given, aborted.given]);
      if (signal.aborted || memory.framesRead > 0) return;
      throw failure ?? new AuroraError("Aborted", nothingWatched);
    },
    pause: gate.close,
    resume: gate.open,
    stop: () => ending.abort(),
    ended,
  };
}

const nothingWatched =
  "Watching was ended before the first frame: there is nothing to ask about. Watch the video again.";

/** A part that could not be watched, as a notice. */
function describeLoss({ reason, fromSeconds, toSeconds, frames }: VideoLoss): AuroraError {
  const [from, to] = [fromSeconds.toFixed(1), toSeconds.toFixed(1)];
  const lost = frames === 1 ? "1 frame" : `${frames} frames`;
  return reason === "truncated"
    ? new AuroraError(
        "VideoUnreadable",
        `The file is cut off: it should last ${to} s but ends at ${from} s. What is there was watched; ${lost} could not be.`,
      )
    : new AuroraError(
        "VideoUnreadable",
        `The video is damaged from ${from} s to ${to} s: ${lost} skipped. The rest was watched.`,
      );
}

/** Counts frames and the time spent on them, pauses left out. */
function createPace() {
  let frames = 0;
  let spent = 0;
  let since: number | null = null;
  const watchMs = () => spent + (since === null ? 0 : performance.now() - since);
  return {
    count: (more: number) => {
      frames += more;
    },
    frames: () => frames,
    watchMs,
    framesPerSecond: () => (frames === 0 ? 0 : frames / (watchMs() / 1000)),
    start: () => {
      since ??= performance.now();
    },
    stop: () => {
      spent = watchMs();
      since = null;
    },
  };
}
