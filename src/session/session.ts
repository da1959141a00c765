import { openSpillFile } from "../storage/spill-file.ts";
import type { SoundPlace, WatchSource } from "../video/frame-source.ts";
import { createAsking } from "./asking.ts";
import type { Engine } from "./engine.ts";
import { createMemory } from "./memory/memory.ts";
import type { SessionChange } from "./protocol.ts";
import type { AnswerFigures, AskOptions, WatchOptions } from "./types.ts";
import { startWatching } from "./watch.ts";

/** One video being watched and asked about, as the worker runs it. */
export type WorkerSession = {
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

/** 4 GiB: days of nano's tokens, an hour and a half of the 2B model's at two frames a second. */
const defaultKeepBytes = 2 ** 32;

/** Starts watching at once; errors of the video end up in the snapshot. Options were checked where they came in. */
export function createSession(
  engine: Engine,
  source: WatchSource,
  options: WatchOptions,
  onChange: (change: SessionChange) => void,
  onSound: (sound: SoundPlace | null) => void = () => undefined,
): WorkerSession {
  const { fps = engine.model.fps, frames, keepBytes = defaultKeepBytes } = options;
  const memory = createMemory(engine, { keepBytes, openSpill: openSpillFile });
  const sampling = frames === undefined ? { fps } : { frames };
  const publish: Parameters<typeof startWatching>[3] = (part, added = []) => {
    const { kept, timeline } = memory;
    const known = {
      visualTokens: timeline.frames.length * engine.encoder.tokensPerFrame,
      kept: { frames: kept.count, bytes: kept.byteLength, budgetBytes: keepBytes },
      gpuBytes: engine.gpu.ledger.bytes,
    };
    onChange({ part: { ...part, ...known }, frames: added, pictureStep: timeline.pictureStep });
  };
  const watch = startWatching(memory, source, sampling, publish, onSound);
  const asking = createAsking(engine, memory, watch.begun);
  return {
    ask: asking.ask,
    resetConversation: asking.reset,
    pause: watch.pause,
    resume: watch.resume,
    stop: watch.stop,
    async close() {
      watch.stop();
      await Promise.all([watch.ended, asking.close()]);
      await memory.destroy();
    },
  };
}
