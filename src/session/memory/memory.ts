import { createRnnReader } from "../../rnn/reader.ts";
import { createRnnState, type RnnState, stateByteLength, writeRnnState } from "../../rnn/state.ts";
import type { SpillFile } from "../../storage/spill-file.ts";
import type { Rotation } from "../../video/frame-source.ts";
import type { Engine } from "../engine.ts";
import type { FrameRecord } from "../types.ts";
import { createFrameReader, type FrameReader, type ReadBatch } from "./frame-reader.ts";
import { frameByteLength } from "./frame-tokens.ts";
import type { ReadLine } from "./hearing.ts";
import { createKeptTokens, type KeptTokens } from "./kept-tokens.ts";
import { createKeyStates, type KeyStates } from "./key-states.ts";
import { splitLayers } from "./state-bytes.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/**
 * What was watched: the state that the frames were read into, their tokens, and what is known of each. It knows nothing
 * of a running video: whoever has frames feeds it, whoever asks reads it.
 */
export type Memory = {
  readonly state: RnnState;
  readonly kept: KeptTokens;
  readonly keyStates: KeyStates;
  readonly timeline: Timeline;
  /** Frames that the state has read: those of the timeline, and for a moment the batch that comes to it next. */
  readonly framesRead: number;
  /**
   * Takes the next frame, which it closes; the state reads it with the batch that it fills.
   *
   * @param rotation degrees clockwise that turn the frame upright
   * @param mirrored whether left and right are to be swapped after that
   */
  add(frame: VideoFrame, rotation: Rotation, timestampSeconds: number, mirrored?: boolean): Promise<void>;
  /** Takes lines of speech, which the state reads before the next frame that is added; with `finish`, where none comes. */
  hear: FrameReader["hear"];
  /** Lines of speech that the state has read. */
  readonly lines: readonly ReadLine[];
  /** Has the state read all that was added, and waits until it is noted. */
  settle(): Promise<void>;
  /** The same, and what was said behind the last frame. */
  finish(): Promise<void>;
  /** The state after all that was added, as bytes, once that is noted. */
  copyState: FrameReader["copyState"];
  /** Indices of the frames that begin a scene, but for the first. */
  readonly sceneStarts: readonly number[];
  /** Calls `listener` with frames that came to the timeline; returns the unsubscriber. */
  subscribe(listener: MemoryListener): () => void;
  /** Frees all that it holds, once what is under way has ended. */
  destroy(): Promise<void>;
};

/** @param vectors by which the frames are found, [F, C]; null where nothing seen is searched */
type MemoryListener = (frames: readonly FrameRecord[], vectors: Float32Array | null) => void;

export type MemoryOptions = {
  /** Most bytes of visual tokens that are kept to be read again. */
  readonly keepBytes: number;
  /** Most bytes of key states; 1 GiB unless given: 80 states of the 2B model, four thousand of nano's. */
  readonly keyStateBytes?: number;
  /** Frames from one key state to the next, before any are thinned; 16 unless given. */
  readonly keyStateInterval?: number;
  /** Opens a file for what memory has no room for. */
  openSpill(): Promise<SpillFile>;
  /** What it remembers already; nothing unless given. */
  readonly restored?: RestoredMemory;
};

/** What a memory goes on from, e.g. that of a file. */
export type RestoredMemory = {
  /** After the last of the frames, as bytes (`joinLayers`). */
  readonly state: Uint8Array;
  readonly frames: readonly FrameRecord[];
  readonly sceneStarts: readonly number[];
  readonly lines: readonly ReadLine[];
};

/** Kept tokens beyond this many bytes go to disk, and key states beyond that many. */
const keptInMemoryBytes = 256 << 20;
const keyStatesInMemoryBytes = 64 << 20;

/** Creates a memory that has read no frame, or goes on with what it remembered. */
export function createMemory(engine: Engine, options: MemoryOptions): Memory {
  const { gpu, rnn } = engine;
  const { keepBytes, keyStateBytes = 2 ** 30, keyStateInterval = 16, openSpill, restored } = options;
  const state = createRnnState(gpu, rnn.config, "session.memory");
  const reader = createRnnReader(gpu, rnn, state, "session.memory");
  const budgetOf = (totalBytes: number, memoryBytes: number) => ({
    memoryBytes: Math.min(totalBytes, memoryBytes),
    totalBytes,
  });
  const kept = createKeptTokens(frameByteLength(engine), budgetOf(keepBytes, keptInMemoryBytes), openSpill);
  const stateBytes = stateByteLength(rnn.config);
  const keyBudget = budgetOf(keyStateBytes, keyStatesInMemoryBytes);
  const keyStates = createKeyStates(stateBytes, keyStateInterval, keyBudget, openSpill);
  const timeline = createTimeline();
  const listeners = new Set<MemoryListener>();
  const sceneStarts: number[] = [];
  if (restored) {
    writeRnnState(gpu, rnn.config, state, splitLayers(rnn.config, restored.state));
    timeline.add(restored.frames);
    sceneStarts.push(...restored.sceneStarts);
    kept.skip(restored.frames.length);
    void keyStates.add(restored.frames.length - 1, true, restored.state);
  }
  const frames = createFrameReader(engine, reader, {
    framesRead: restored?.frames.length ?? 0,
    lines: restored?.lines ?? [],
    wantsKeyState: keyStates.wants,
    note,
  });

  async function note({ records, tokens, vectors, keyStates: copies, sceneStarts: starts }: ReadBatch): Promise<void> {
    await kept.append(tokens);
    sceneStarts.push(...starts);
    for (const { frame, atSceneChange, state: copy } of copies) await keyStates.add(frame, atSceneChange, copy);
    timeline.add(records);
    for (const listener of [...listeners]) listener(records, vectors);
  }

  return {
    state,
    kept,
    keyStates,
    timeline,
    get framesRead() {
      return frames.framesRead;
    },
    add: frames.add,
    hear: frames.hear,
    lines: frames.lines,
    settle: frames.settle,
    finish: frames.finish,
    copyState: frames.copyState,
    sceneStarts,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async destroy() {
      listeners.clear();
      await frames.settle().catch(() => undefined);
      await kept.destroy();
      await keyStates.destroy();
      frames.destroy();
      reader.destroy();
      state.destroy();
    },
  };
}
