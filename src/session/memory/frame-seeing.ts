import type { Rotation } from "../../video/frame-source.ts";
import type { EncodedFrames } from "../../vision/encoder.ts";
import type { SearchModel, SearchSlot, Seer } from "../seeing/search-slot.ts";

/**
 * Has the frames of a batch read for the search too, where there is a search model when the batch begins. What fails there
 * leaves a frame that is not found, and never a frame that is not watched.
 */
export type FrameSeeing = {
  load(frame: VideoFrame, rotation: Rotation, slot: number, mirrored: boolean): Promise<void>;
  /** While the outputs of the assistant's encoder hold: vectors where that is the search model's own; null elsewhere. */
  pool(encoded: EncodedFrames): Promise<Float32Array | null>;
  /** Vectors of the frames that were loaded, where they have a pass of their own. */
  encode(count: number): Promise<Float32Array | null>;
  destroy(): void;
};

export function createFrameSeeing(slot: SearchSlot): FrameSeeing {
  let made: { readonly model: SearchModel; readonly seer: Seer | null } | null = null;
  let usable = false;

  /** The reader of the model that there is now. */
  function current(): Seer | null {
    if (made && made.model === slot.model) return made.seer;
    made?.seer?.destroy();
    made = slot.model && { model: slot.model, seer: slot.model.createSeer() };
    return made?.seer ?? null;
  }

  return {
    async load(frame, rotation, place, mirrored) {
      if (place === 0) {
        current();
        usable = made !== null;
      }
      usable &&= made?.model === slot.model;
      if (!usable) return;
      await made?.seer?.load(frame, rotation, place, mirrored).catch(() => {
        usable = false;
      });
    },
    async pool(encoded) {
      if (!usable || !made || made.seer || made.model !== slot.model) return null;
      return made.model.pool(encoded).catch(() => null);
    },
    async encode(count) {
      if (!usable || !made?.seer || made.model !== slot.model) return null;
      return made.seer.encode(count).catch(() => null);
    },
    destroy() {
      made?.seer?.destroy();
      made = null;
      usable = false;
    },
  };
}
