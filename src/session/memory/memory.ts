import { createRnnReader } from "../../rnn/reader.ts";
import { createRnnState, type RnnState } from "../../rnn/state.ts";
import type { SpillFile } from "../../storage/spill-file.ts";
import type { Rotation } from "../../video/frame-source.ts";
import type { Engine } from "../engine.ts";
import type { FrameRecord } from "../types.ts";
import { createFrameReader, type ReadBatch } from "./frame-reader.ts";
import { frameByteLength } from "./frame-tokens.ts";
import { createKeptTokens, type KeptTokens } from "./kept-tokens.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/**
 * What was watched: the state that the frames were read into, their tokens, and what is known of each. It knows nothing
 * of a running video: whoever has frames feeds it, whoever asks reads it.
 */
export type Memory = {
  readonly state: RnnState;
  readonly kept: KeptTokens;
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
  /** Has the state read all that was added, and waits until it is noted. */
  settle(): Promise<void>;
  /** Calls `listener` with frames that came to the timeline; returns the unsubscriber. */
  subscribe(listener: (frames: readonly FrameRecord[]) => void): () => void;
  /** Frees all that it holds, once what is under way has ended. */
  destroy(): Promise<void>;
};

export type MemoryOptions = {
  /** Most bytes of visual tokens that are kept to be read again. */
  readonly keepBytes: number;
  /** Opens a file for those that memory has no room for. */
  openSpill(): Promise<SpillFile>;
};

/** Kept tokens beyond this many bytes go to disk. */
const keptInMemoryBytes = 256 << 20;

/** Creates a memory that has read no frame. */
export function createMemory(engine: Engine, { keepBytes, openSpill }: MemoryOptions): Memory {
  const { gpu, rnn } = engine;
  const state = createRnnState(gpu, rnn.config, "session.memory");
  const reader = createRnnReader(gpu, rnn, state, "session.memory");
  const budget = { memoryBytes: Math.min(keepBytes, keptInMemoryBytes), totalBytes: keepBytes };
  const kept = createKeptTokens(frameByteLength(engine), budget, openSpill);
  const timeline = createTimeline();
  const listeners = new Set<(frames: readonly FrameRecord[]) => void>();
  const frames = createFrameReader(engine, reader, note);

  async function note({ records, tokens }: ReadBatch): Promise<void> {
    await kept.append(tokens);
    timeline.add(records);
    for (const listener of [...listeners]) listener(records);
  }

  return {
    state,
    kept,
    timeline,
    get framesRead() {
      return frames.framesRead;
    },
    add: frames.add,
    settle: frames.settle,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async destroy() {
      listeners.clear();
      await frames.settle().catch(() => undefined);
      await kept.destroy();
      frames.destroy();
      reader.destroy();
      state.destroy();
    },
  };
}
