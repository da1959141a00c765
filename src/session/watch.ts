import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import { loadPart } from "../load-part.ts";
import type { FileSound, FrameSource, Sampling, SoundPlace, VideoLoss, WatchSource } from "../video/frame-source.ts";
import { describeLoss } from "../video/video-loss.ts";
import { createGate, createSignal } from "./flow.ts";
import type { Hearing } from "./memory/hearing.ts";
import type { Memory } from "./memory/memory.ts";
import type { Placement } from "./placing.ts";
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

/** How a source is watched. */
export type WatchPlan = {
  readonly source: WatchSource;
  readonly sampling: Sampling;
  /** Says where the opened source's frames go. One that is not `repeatable` is closed at its end, any other stays open. */
  place(opened: FrameSource): Placement;
  /** What is said in it, which is read between the frames; null where that is not wanted. */
  readonly hearing: Hearing | null;
  /** Told where the source's sound is once it is open, null where it can have none. */
  onSound?(sound: SoundPlace | null): void;
};

type Publish = (part: SessionChange["part"], frames?: readonly FrameRecord[]) => void;

/**
 * Feeds a memory with the frames of a source, from now on. What comes of it, errors too, is published: what was read
 * before one stays.
 */
export function startWatching(memory: Memory, plan: WatchPlan, publish: Publish): Watch {
  const { source, sampling, hearing, onSound } = plan;
  const ending = new AbortController();
  const gate = createGate();
  const firstFrames = createSignal();
  const pace = createPace();
  const notices: ErrorData[] = [];
  let planned: number | null = null;
  let failure: AuroraError | null = null;
  /** What is watched, while it is live: it is read frame by frame, and may keep one waiting for the next. */
  let live: FrameSource | null = null;
  let idle = false;
  let held = false;

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
    const framesWatched = memory.timeline.frames.length;
    const framesPerSecond = pace.framesPerSecond();
    const known = planned !== null && framesPerSecond > 0;
    const secondsLeft = known ? Math.max(0, (planned ?? 0) - framesWatched) / framesPerSecond : null;
    return { framesWatched, watchedUntilSeconds, framesPerSecond, secondsLeft };
  }

  let toldMs = performance.now(); // of what is there at once nothing is told
  /** Told ten times a second, and of the last byte. */
  function tell(part: SessionChange["part"], isLast: boolean): void {
    if (performance.now() - toldMs < 100 && !isLast) return;
    toldMs = performance.now();
    report(part);
  }
  const onDownload = (loadedBytes: number, totalBytes: number | null) =>
    tell({ download: { loadedBytes, totalBytes } }, loadedBytes === totalBytes);
  const onOpening = (opening: number) => tell({ opening, download: null }, false);

  async function watch(): Promise<void> {
    report({ status: "opening" });
    const { openSource } = await loadPart(() => import("../video/open-source.ts"));
    const opened = await openSource(source, sampling, {
      signal: ending.signal,
      onDownload,
      onOpening,
      onSkipped: note,
    });
    const placement = plan.place(opened);
    try {
      onSound?.(opened.sound && laidBehind(opened.sound, placement));
      planned = plannedFrames(opened, placement);
      if (opened.info.live) live = opened;
      const { parts } = placement;
      const video = { ...opened.info, durationSeconds: endOf(opened, placement), ...(parts && { parts }) };
      report({ status: "watching", framesPlanned: planned, video, download: null, opening: null });
      pace.start();
      await feed(opened, placement);
      await hear(Number.POSITIVE_INFINITY);
      await memory.finish();
      report({ status: "done", watchedUntilSeconds: endOf(opened, placement), secondsLeft: 0 });
    } finally {
      pace.stop();
      if (!opened.repeatable) opened.close();
    }
  }

  async function feed(opened: FrameSource, { offsetSeconds, afterSeconds }: Placement): Promise<void> {
    const onLoss = (loss: VideoLoss) => note(describeLoss(loss));
    const onDropped = (framesDropped: number) => report({ framesDropped });
    const range = afterSeconds === null ? {} : { range: [afterSeconds, Number.POSITIVE_INFINITY] as const };
    const frames = opened.frames({ signal: ending.signal, onLoss, onDropped, ...range });
    idle = live !== null;
    for await (const { frame, timestampSeconds, rotation, mirrored } of frames) {
      await hear(timestampSeconds + offsetSeconds);
      idle = false;
      const passed = gate.closed();
      try {
        if (passed) await pause();
      } catch (error) {
        frame.close();
        throw error;
      }
      // Times of a memory file are rounded.
      const known = afterSeconds !== null && timestampSeconds < afterSeconds + 1e-4;
      // What a camera saw in a pause is not for the memory.
      if (known || (passed && live)) frame.close();
      else await memory.add(frame, rotation, timestampSeconds + offsetSeconds, mirrored);
      if (live) await memory.settle(); // at once, as nobody knows when the next one comes
      idle = live !== null;
    }
    idle = false;
  }

  /** Has the memory hear what was said up to a second, for which it waits; of what is live, what is known by now. */
  async function hear(untilSeconds: number): Promise<void> {
    if (!hearing) return;
    idle = true;
    const lines = live ? hearing.soFar(lastSeconds()) : await hearing.until(untilSeconds, ending.signal);
    idle = live !== null;
    memory.hear(lines);
  }

  const lastSeconds = () => memory.timeline.frames.at(-1)?.timestampSeconds ?? 0;

  /** Reads what has been decoded, so that a pause is one, and waits for the gate to open. */
  async function pause(): Promise<void> {
    await memory.settle();
    hold();
    await gate.opened(ending.signal);
    goOn();
  }

  function hold(): void {
    if (held) return;
    held = true;
    pace.stop();
    report({ status: "paused", secondsLeft: null });
  }

  function goOn(): void {
    if (!held) return;
    held = false;
    pace.start();
    live?.rest?.();
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
    const status = stopped ? { status: "stopped" as const } : { status: "failed" as const, error: typed.toData() };
    report({ ...status, secondsLeft: null, opening: null, download: null });
  }

  const ended = watch()
    .catch(end)
    .finally(() => {
      firstFrames.give();
      unsubscribe();
    });

  return {
    async begun(signal) {
      if (memory.timeline.frames.length > 0) return;
      const aborted = createSignal();
      signal.addEventListener("abort", aborted.give, { once: true });
      if (!signal.aborted) await Promise.race([firstFrames.given, aborted.given]);
      if (signal.aborted || memory.framesRead > 0) return;
      throw failure ?? new AuroraError("Aborted", nothingWatched);
    },
    pause() {
      gate.close();
      if (idle) hold();
    },
    resume() {
      gate.open();
      if (idle) goOn();
    },
    stop: () => ending.abort(),
    ended,
  };
}

/** Frames of the memory once all of a source is watched, those of sources before it among them; null where nobody can tell. */
function plannedFrames(opened: FrameSource, { firstFrame }: Placement): number | null {
  const planned = opened.plan();
  return planned === null ? null : firstFrame + planned;
}

/** Where a source ends on the memory's timeline; 0 where a lone one has no end of its own. */
function endOf({ info }: FrameSource, { offsetSeconds }: Placement): number {
  return offsetSeconds + info.durationSeconds;
}

/** The sound with its times where the pictures' are in the memory. */
function laidBehind(sound: SoundPlace, { offsetSeconds }: Placement): SoundPlace {
  const move = ({ file, clock }: FileSound) => ({
    file,
    clock: { ...clock, startSeconds: clock.startSeconds - offsetSeconds },
  });
  if (!("files" in sound)) return move(sound);
  return {
    files: sound.files.map((each) => ({
      ...move(each),
      fromSeconds: each.fromSeconds + offsetSeconds,
      untilSeconds: each.untilSeconds + offsetSeconds,
    })),
  };
}

const nothingWatched =
  "Watching was ended before the first frame: there is nothing to ask about. Watch the video again.";

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
