import { AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import { createRnnStream } from "../rnn/stream.ts";
import { type OpenedVideo, openVideo, type Sampling, type VideoLoss } from "../video/open-video.ts";
import { createConversation } from "./conversation.ts";
import type { Engine } from "./engine.ts";
import { createFrameReader, frameByteLength } from "./frame-reader.ts";
import { createKeptTokens, openPrivateFile } from "./kept-tokens.ts";
import { createMutex } from "./mutex.ts";
import type { AnswerFigures, AskOptions, FrameRecord, SessionSnapshot, WatchOptions } from "./types.ts";

/** What changed in a session's snapshot, and the frames that came to it. */
export type SessionChange = {
  readonly part: Partial<Omit<SessionSnapshot, "frames">>;
  readonly frames: readonly FrameRecord[];
};

/** One video being watched, as the worker runs it. */
export type WatchSession = {
  ask(
    question: string,
    options: AskOptions,
    onText: (text: string, figures: AnswerFigures) => void,
  ): Promise<AnswerFigures>;
  resetConversation(): void;
  pause(): void;
  resume(): void;
  stop(): void;
  close(): Promise<void>;
};

/** Kept tokens beyond this many bytes go to disk. */
const keptBudgetBytes = 256 << 20;

/** Starts watching at once; errors of the video end up in the snapshot. */
export function createWatchSession(
  engine: Engine,
  source: Blob | string,
  options: WatchOptions,
  onChange: (change: SessionChange) => void,
): WatchSession {
  const { gpu, rnn } = engine;
  const stream = createRnnStream(gpu, rnn, "session.memory");
  const kept = createKeptTokens(frameByteLength(engine), keptBudgetBytes, openPrivateFile);
  const asking = createMutex();
  const ending = new AbortController();
  const gate = createGate();
  const notices: ErrorData[] = [];
  const pace = createPace();
  /** When each frame read so far is shown, seconds. */
  const times: number[] = [];
  let planned: number | null = null;

  const reader = createFrameReader(engine, stream, kept, (frames) => {
    pace.count(frames.length);
    noteKeptFailure();
    for (const { timestampSeconds } of frames) times.push(timestampSeconds);
    publish(progress(frames.at(-1)?.timestampSeconds ?? 0), frames);
  });
  const conversation = createConversation(engine, {
    stream,
    kept,
    get framesRead() {
      return reader.framesRead;
    },
    framesUntil: (seconds) => Math.min(kept.frames, times.filter((time) => time <= seconds).length),
  });

  function publish(part: SessionChange["part"], frames: readonly FrameRecord[] = []): void {
    onChange({ part: { ...part, gpuBytes: gpu.ledger.bytes, watchMs: pace.watchMs() }, frames });
  }

  function progress(untilSeconds: number): SessionChange["part"] {
    const watched = pace.frames();
    const rate = pace.framesPerSecond();
    return {
      framesWatched: watched,
      watchedUntilSeconds: untilSeconds,
      visualTokens: watched * engine.encoder.tokensPerFrame,
      framesPerSecond: rate,
      secondsLeft: planned === null || rate === 0 ? null : Math.max(0, planned - watched) / rate,
    };
  }

  function note(error: AuroraError): void {
    notices.push(error.toData());
    publish({ notices: [...notices] });
  }

  let keptNoted = false;
  function noteKeptFailure(): void {
    if (!kept.failure || keptNoted) return;
    keptNoted = true;
    note(kept.failure);
  }

  const watching = watch().catch((error: unknown) => fail(error));

  async function watch(): Promise<void> {
    publish({ status: "opening", stateBytes: engine.model.stateBytes });
    const blob = await toBlob(source, ending.signal);
    const video = await openVideo(blob, { signal: ending.signal });
    const sampling: Sampling = options.frames ? { frames: options.frames } : { fps: options.fps ?? engine.model.fps };
    planned = video.plan(sampling);
    publish({ status: "watching", framesPlanned: planned, video: describeVideo(source, video) });
    pace.start();
    await readFrames(video, sampling);
    await reader.flush();
    await reader.settle();
    pace.stop();
    publish({ status: "done", watchedUntilSeconds: video.info.durationSeconds, secondsLeft: 0 });
  }

  async function readFrames(video: OpenedVideo, sampling: Sampling): Promise<void> {
    const onLoss = (loss: VideoLoss) => note(describeLoss(loss));
    for await (const { frame, timestampSeconds } of video.frames(sampling, { signal: ending.signal, onLoss })) {
      if (gate.closed()) {
        pace.stop();
        publish({ status: "paused", secondsLeft: null });
        await gate.opened(ending.signal).catch((error) => {
          frame.close();
          throw error;
        });
        pace.start();
        publish({ status: "watching" });
      }
      await reader.add(frame, video.info.rotation, timestampSeconds);
    }
  }

  /** What was watched before stays: a failed session still answers. */
  async function fail(error: unknown): Promise<void> {
    pace.stop();
    const typed = toAuroraError(
      error,
      "VideoUnreadable",
      "Watching this video failed. Try it again, or convert it to MP4 with H.264.",
    );
    if (typed.code !== "Aborted") {
      publish({ status: "failed", error: typed.toData(), secondsLeft: null });
      return;
    }
    await reader.flush().catch(() => undefined); // frames that were decoded before Stop
    await reader.settle().catch(() => undefined);
    publish({ status: "stopped", secondsLeft: null });
  }

  return {
    ask: (question, askOptions, onText) =>
      asking.run(async () => {
        if (askOptions.signal?.aborted) return { tokens: 0, firstTokenMs: 0, tokensPerSecond: 0, frames: 0 };
        return await conversation.ask(question, askOptions, onText);
      }),
    resetConversation: () => void asking.run(async () => conversation.reset()),
    pause: gate.close,
    resume: gate.open,
    stop: () => ending.abort(),
    async close() {
      ending.abort();
      await watching;
      await asking.run(async () => conversation.destroy());
      reader.destroy();
      stream.destroy();
      await kept.destroy();
    },
  };
}

function describeVideo(source: Blob | string, { info }: OpenedVideo): SessionSnapshot["video"] {
  const { container, codec, width, height, durationSeconds } = info;
  const name =
    typeof source === "string"
      ? (source.split(/[?#]/)[0]?.split("/").at(-1) ?? source)
      : source instanceof File
        ? source.name
        : "video";
  return { name, container, codec, width, height, durationSeconds };
}

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

async function toBlob(source: Blob | string, signal: AbortSignal): Promise<Blob> {
  if (typeof source !== "string") return source;
  const response = await fetch(source, { signal }).catch((cause: unknown) => {
    if (signal.aborted) throw new AuroraError("Aborted", "Stopped.", cause);
    throw new AuroraError(
      "DownloadFailed",
      "The video could not be downloaded. Check the address and the connection; the server must allow other sites to read it (CORS).",
      cause,
    );
  });
  if (!response.ok)
    throw new AuroraError(
      "DownloadFailed",
      `The video could not be downloaded: the server answered ${response.status}. Check the address.`,
    );
  return await response.blob();
}

/** A gate that lets everything through while open. */
function createGate() {
  let waiting: (() => void)[] = [];
  let shut = false;
  return {
    closed: () => shut,
    close: () => {
      shut = true;
    },
    open: () => {
      shut = false;
      for (const go of waiting.splice(0)) go();
    },
    /** Resolves when the gate is open; rejects when aborted before. */
    opened: (signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (!shut) return resolve();
        waiting = [...waiting, resolve];
        signal.addEventListener("abort", () => reject(new AuroraError("Aborted", "Stopped.")), { once: true });
        if (signal.aborted) reject(new AuroraError("Aborted", "Stopped."));
      }),
  };
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
