import type { FrameRecord } from "../types.ts";

/** What is known of each frame that was read, in temporal order. */
export type Timeline = {
  readonly frames: readonly FrameRecord[];
  /** Frames whose index is a multiple of it keep their picture and their owners. */
  readonly pictureStep: number;
  add(frames: readonly FrameRecord[]): void;
};

/** Most frames that keep their picture; beyond it every second picture of all goes. */
const maxPictures = 2000;

export function createTimeline(): Timeline {
  let frames: readonly FrameRecord[] = [];
  let pictureStep = 1;
  return {
    get frames() {
      return frames;
    },
    get pictureStep() {
      return pictureStep;
    },
    add(more) {
      let step = pictureStep;
      while ((frames.length + more.length) / step > maxPictures) step *= 2;
      frames = joinFrames(frames, more, { before: pictureStep, now: step });
      pictureStep = step;
    },
  };
}

/**
 * Frames and some more after them, with the pictures that a step leaves: as a timeline has them, and the page's copy.
 *
 * @param step of the frames so far, and of all from now on
 */
export function joinFrames(
  frames: readonly FrameRecord[],
  more: readonly FrameRecord[],
  step: { readonly before: number; readonly now: number },
): readonly FrameRecord[] {
  const thin = (frame: FrameRecord) => thinFrame(frame, step.now);
  if (step.before !== step.now) return [...frames, ...more].map(thin);
  return more.length === 0 ? frames : [...frames, ...more.map(thin)];
}

function thinFrame(frame: FrameRecord, step: number): FrameRecord {
  if (frame.index % step === 0 || frame.thumbnail === null) return frame;
  return { ...frame, thumbnail: null, owners: noOwners };
}

const noOwners = new Uint16Array(0);
