import { AuroraError } from "../errors.ts";
import { openSpillFile } from "../storage/spill-file.ts";
import type { FrameSource, SoundPlace, SourceInfo, SourcePart, WatchSource } from "../video/frame-source.ts";
import { createAsking } from "./asking/asking.ts";
import { observeScenes } from "./asking/scenes.ts";
import { createTurnTree } from "./asking/turn-tree.ts";
import { createAutosave } from "./autosave.ts";
import type { Engine } from "./engine.ts";
import { createHearing, type Hearing } from "./memory/hearing.ts";
import { createMemory, type Memory } from "./memory/memory.ts";
import type { MemoryContent } from "./memory/memory-file.ts";
import type { SavedVideo } from "./memory/saved-memory.ts";
import { type Placement, partsOf, placeSource } from "./placing.ts";
import type { SessionChange } from "./protocol.ts";
import { createReels } from "./reels.ts";
import { restoreMemory, restoreParts, restoreSpoken, type SessionPart, savedSampling, saveSession } from "./saving.ts";
import { createSeeing } from "./seeing/seeing.ts";
import type { SeenFrames } from "./seeing/seen-frames.ts";
import { applySpoken, nothingSpoken, type SpokenChange } from "./spoken.ts";
import type { AnswerFigures, AnswerScore, AskOptions, FrameRecord, ScoreOptions, WatchOptions } from "./types.ts";
import { startWatching, type Watch } from "./watch.ts";

/** One video being watched and asked about, as the worker runs it. */
export type WorkerSession = {
  ask(
    question: string,
    options: AskOptions,
    onText: (text: string, figures: AnswerFigures) => void,
  ): Promise<AnswerFigures>;
  score(question: string, answers: readonly string[], options: ScoreOptions): Promise<readonly AnswerScore[]>;
  resetConversation(): void;
  /** @param id not given before in this session */
  pin(id: number, question: string): void;
  unpin(id: number): void;
  /** @param text null to remove it */
  editNote(id: number, text: string | null): void;
  /** Notes what the page heard, so that it is saved with the rest. */
  noteSpoken(change: SpokenChange): void;
  /** Takes what was heard, for the memory; `heardUntilSeconds` is null where nobody listens, or no more. */
  hear: Hearing["tell"];
  pause(): void;
  resume(): void;
  stop(): void;
  /** What it remembers as a memory file, of now. @throws AuroraError `BadRequest` where nothing was watched yet */
  save(): Promise<Blob>;
  /** @param keep whether what it saved of itself is still to be offered */
  close(keep: boolean): Promise<void>;
};

/** What a session begins with: a source, a memory file's content, or both; with neither, it chats. */
export type SessionStart = {
  readonly source: WatchSource | null;
  readonly options: WatchOptions;
  readonly saved: MemoryContent | null;
};

/** 4 GiB: days of nano's tokens, an hour and a half of the 2B model's at two frames a second. */
const defaultKeepBytes = 2 ** 32;

/** Starts watching at once; errors of the video end up in the snapshot. Options were checked where they came in. */
export function createSession(
  engine: Engine,
  { source, options, saved }: SessionStart,
  onChange: (change: SessionChange) => void,
  onSound: (sound: SoundPlace | null) => void = () => undefined,
  onSeen: (seen: SeenFrames) => void = () => undefined,
): WorkerSession {
  const { fps, frames, keepBytes = defaultKeepBytes } = options;
  const given = frames === undefined ? { fps: fps ?? engine.model.fps } : { frames };
  const sampling = saved && fps === undefined && frames === undefined ? savedSampling(saved) : given;
  const restored = saved ? { restored: restoreMemory(saved) } : {};
  const memory = createMemory(engine, { keepBytes, openSpill: openSpillFile, ...restored });
  const reels = createReels(engine);
  const id = crypto.randomUUID();
  const lineage = saved?.lineage ?? id;
  const turns = createTurnTree(saved?.conversation);
  let video: SavedVideo | null = saved?.video ?? null;
  let watchedUntilSeconds = saved?.watchedUntilSeconds ?? 0;
  let parts: readonly SourcePart[] = saved ? restoreParts(saved) : [];
  let spoken = saved ? restoreSpoken(saved) : nothingSpoken;

  function publish(part: SessionChange["part"], added: readonly FrameRecord[] = []): void {
    watchedUntilSeconds = part.watchedUntilSeconds ?? watchedUntilSeconds;
    const { kept, keyStates, timeline } = memory;
    const known = {
      visualTokens: timeline.frames.length * engine.encoder.tokensPerFrame,
      kept: { frames: kept.count, bytes: kept.byteLength, budgetBytes: keepBytes },
      keyStates: { count: keyStates.count, bytes: keyStates.byteLength },
      linesRead: memory.lines.length,
      gpuBytes: engine.gpu.ledger.bytes,
    };
    onChange({ part: { ...part, ...known }, frames: added, pictureStep: timeline.pictureStep });
  }

  async function save(): Promise<Blob> {
    if (memory.framesRead === 0) throw nothingToSave();
    return saveSession(engine, memory, part);
  }

  const publishTurns = () => publish({ turns: turns.all.map(({ answer: _, ...turn }) => turn) });

  function place(opened: FrameSource): Placement {
    const { info } = opened;
    const placement = placeSource(info, {
      video,
      frames: memory.framesRead,
      lastSeconds: memory.timeline.frames.at(-1)?.timestampSeconds ?? 0,
      watchedUntilSeconds,
      intervalSeconds: "fps" in sampling ? 1 / sampling.fps : info.durationSeconds / sampling.frames,
    });
    reels.add({ source: opened, ...placement });
    video = describeVideo(info, placement);
    parts = partsOf(info, placement, parts);
    return parts.length > 1 ? { ...placement, parts } : placement;
  }

  const readsSpeech = options.speech === true && engine.config.prompt.speech !== null;
  const hearing = readsSpeech ? createHearing(knownUntil(memory), options.listen === true) : null;
  if (saved) publishSaved(saved, source !== null);
  else if (!source) publish({ status: "done" });
  if (!source) onSound(null);
  const watch = source
    ? startWatching(memory, { source, sampling, hearing, place, onSound }, publish)
    : watchedBefore();
  const asking = createAsking(engine, memory, { ready: watch.begun, reels, turns });
  const autosave = options.autosave ? createAutosave(id, save) : null;
  if (autosave) publish({ savedAs: id });
  if (saved) autosave?.due(true); // what it goes on from may be deleted once this is there
  let lastKeyState: number | null = null; // the first frames are saved at once
  memory.subscribe(() => {
    const newest = memory.keyStates.frames().at(-1) ?? -1;
    if (memory.framesRead === 0 || newest === lastKeyState) return;
    autosave?.due(false);
    lastKeyState = newest;
  });
  const observed = observeScenes(memory, asking.aside, {
    options,
    saved,
    publish,
    onSaid: () => autosave?.due(false),
  });
  const seeing = createSeeing(engine, { memory, reels, publish: onSeen });
  void watch.ended.then(() => {
    observed.update(true);
    seeing.watched();
    if (memory.framesRead > 0) autosave?.due(true);
  });

  function publishSaved(content: MemoryContent, watching: boolean): void {
    const { frames: known } = memory.timeline;
    publish({ status: watching ? "opening" : "done", ...describeSaved(content), framesWatched: known.length }, known);
    publishTurns();
  }

  /** Does what a person asked for, which is not to be lost. */
  function asPersonDid(change: () => void): void {
    change();
    if (memory.framesRead > 0) autosave?.due(true);
  }

  /** Of now, for a file. */
  const part = (): SessionPart => ({
    lineage,
    video,
    parts,
    sampling,
    watchedUntilSeconds,
    notes: observed.notes.all,
    standing: observed.standing.all,
    spoken,
    conversation: turns.all,
  });

  return {
    async ask(question, askOptions, onText) {
      const figures = await asking.ask(question, askOptions, onText);
      if (figures.turn !== null) {
        publishTurns();
        autosave?.due(true);
      }
      return figures;
    },
    score: asking.score,
    resetConversation: () => void asking.reset().then(publishTurns),
    pin: (id, question) => asPersonDid(() => observed.standing.pin(id, question)),
    unpin: (id) => asPersonDid(() => observed.standing.unpin(id)),
    editNote: (id, text) =>
      asPersonDid(() => (text === null ? observed.notes.remove(id) : observed.notes.edit(id, text))),
    noteSpoken(change) {
      spoken = applySpoken(spoken, change);
      autosave?.due(false);
    },
    hear: (lines, untilSeconds) => hearing?.tell(lines, untilSeconds),
    pause: watch.pause,
    resume: watch.resume,
    stop: watch.stop,
    save,
    async close(keep) {
      if (!keep) memory.end(); // what is not kept need not be waited for
      watch.stop();
      await Promise.all([watch.ended, asking.close(), autosave?.end(keep)]);
      await seeing.close();
      reels.close();
      await memory.destroy();
    },
  };
}

/** The second up to which nothing more is read into a memory; null where it is new. */
function knownUntil({ timeline, lines }: Memory): number | null {
  const seen = timeline.frames.at(-1)?.timestampSeconds ?? null;
  return seen === null ? null : Math.max(seen, lines.at(-1)?.untilSeconds ?? 0);
}

function describeVideo(info: SourceInfo, { offsetSeconds, firstFrame }: Placement): SavedVideo {
  const { name, container, codec, width, height, durationSeconds } = info;
  return { name, container, codec, width, height, durationSeconds, offsetSeconds, firstFrame };
}

/** What a file says of a session, as its snapshot does. */
function describeSaved(saved: MemoryContent): SessionChange["part"] {
  const { video, watchedUntilSeconds } = saved;
  if (!video) return { watchedUntilSeconds };
  const parts = restoreParts(saved);
  const { offsetSeconds, firstFrame: _, ...info } = video;
  const durationSeconds = Math.max(offsetSeconds + info.durationSeconds, watchedUntilSeconds);
  return { watchedUntilSeconds, video: { ...info, durationSeconds, ...(parts.length > 1 && { parts }) } };
}

/** In place of a watch where there is nothing more to be watched. */
function watchedBefore(): Watch {
  const nothing = () => undefined;
  return { begun: async () => undefined, pause: nothing, resume: nothing, stop: nothing, ended: Promise.resolve() };
}

function nothingToSave(): AuroraError {
  return new AuroraError(
    "BadRequest",
    "Nothing was watched yet, so there is nothing to save. Save once there are frames.",
  );
}
