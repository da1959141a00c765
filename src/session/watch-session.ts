import { type AuroraError, type ErrorData, toAuroraError } from "../errors.ts";
import { createRnnStream } from "../rnn/stream.ts";
import { openSpillFile } from "../storage/spill-file.ts";
import type { OpenedVideo, VideoLoss } from "../video/frame-source.ts";
import { openVideo } from "../video/open-video.ts";
import type { Sampling } from "../video/sample-plan.ts";
import { createConversation } from "./conversation.ts";
import type { Engine } from "./engine.ts";
import { createGate, createPace, createSignal } from "./flow.ts";
import { createFrameReader } from "./memory/frame-reader.ts";
import { frameByteLength } from "./memory/frame-tokens.ts";
import { createKeptTokens } from "./memory/kept-tokens.ts";
import { createMutex } from "./mutex.ts";
import type { AnswerFigures, AskOptions, FrameRecord, SessionSnapshot, WatchOptions } from "./types.ts";
import { describeLoss, describeVideo, toBlob } from "./video-source.ts";

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
  const kept = createKeptTokens(frameByteLength(engine), keptBudgetBytes, openSpillFile);
  const asking = createMutex();
  /** Ends watching; `closing` ends the answers too. */
  const ending = new AbortController();
  const closing = new AbortController();
  const gate = createGate();
  const notices: ErrorData[] = [];
  const pace = createPace();
  /** When each frame read so far is shown, seconds. */
  const times: number[] = [];
  let planned: number | null = null;

  const reader = createFrameReader(engine, stream, kept, (frames) => {
    pace.count(frames.length);
    begun.give();
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
    times,
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

  let failure: AuroraError | null = null;
  const begun = createSignal();
  const watching = watch()
    .catch((error: unknown) => fail(error))
    .finally(begun.give);

  /** Waits for the first frames. @throws the video's error when there will be none */
  async function somethingToAskAbout(signal: AbortSignal | undefined): Promise<void> {
    await Promise.race([
      begun.given,
      new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })),
    ]);
    if (failure && reader.framesRead === 0) throw failure;
  }

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
        await pause().catch((error) => {
          frame.close();
          throw error;
        });
      }
      await reader.add(frame, video.info.rotation, timestampSeconds);
    }
  }

  /** Reads what has been decoded, so that a pause is one, and waits for the gate to open. */
  async function pause(): Promise<void> {
    await reader.flush();
    await reader.settle();
    pace.stop();
    publish({ status: "paused", secondsLeft: null });
    await gate.opened(ending.signal);
    pace.start();
    publish({ status: "watching" });
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
      failure = typed;
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
        await somethingToAskAbout(askOptions.signal);
        const { signal: stopped } = askOptions;
        const signal = stopped ? AbortSignal.any([stopped, closing.signal]) : closing.signal;
        if (signal.aborted) return { tokens: 0, firstTokenMs: 0, tokensPerSecond: 0, frames: 0 };
        return await conversation.ask(question, { ...askOptions, signal }, onText);
      }),
    resetConversation: () => void asking.run(async () => conversation.reset()),
    pause: gate.close,
    resume: gate.open,
    stop: () => ending.abort(),
    async close() {
      ending.abort();
      closing.abort();
      await watching;
      await asking.run(async () => conversation.destroy());
      reader.destroy();
      stream.destroy();
      await kept.destroy();
    },
  };
}
