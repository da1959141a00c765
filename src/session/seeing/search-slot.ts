import type { Rotation } from "../../video/frame-source.ts";
import type { EncodedFrames } from "../../vision/encoder.ts";
import type { SearchModelInfo } from "../types.ts";

/** What makes frames searchable by what is seen in them, on the engine's GPU. */
export type SearchModel = {
  readonly info: SearchModelInfo;
  /** What reads frames for one memory; null where the assistant's own encoder does, and only `pool` is left to be done. */
  createSeer(): Seer | null;
  /** Vectors of the frames that the assistant's encoder has made, [F, C]; called while its outputs hold. */
  pool(encoded: EncodedFrames): Promise<Float32Array>;
  /** [C], of length 1. */
  embedText(text: string): Promise<Float32Array>;
  destroy(): Promise<void>;
};

/** Reads frames, a batch at a time. */
export type Seer = {
  /** Takes a frame as number `slot` of the batch; does not close it. */
  load(frame: VideoFrame, rotation: Rotation, slot: number, mirrored: boolean): Promise<void>;
  /** [F, C], each of length 1. */
  encode(count: number): Promise<Float32Array>;
  destroy(): void;
};

/** The search model of an engine, and who is to be told when there is another one. */
export type SearchSlot = {
  /** Null where nothing seen is searched. */
  readonly model: SearchModel | null;
  /** Puts another one, or none, in its place and frees the one before. */
  set(model: SearchModel | null): Promise<void>;
  /** Returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
};

export function createSearchSlot(): SearchSlot {
  const listeners = new Set<() => void>();
  let model: SearchModel | null = null;
  return {
    get model() {
      return model;
    },
    async set(next) {
      const before = model;
      model = next;
      for (const listener of [...listeners]) listener();
      await before?.destroy();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
