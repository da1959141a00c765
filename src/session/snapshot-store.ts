import { emptySnapshot, type FrameRecord, type SessionSnapshot } from "./types.ts";
import type { SessionChange } from "./watch-session.ts";

/** The page's copy of a session's snapshot. */
export type SnapshotStore = {
  readonly snapshot: SessionSnapshot;
  subscribe(listener: () => void): () => void;
  apply(change: SessionChange): void;
};

/** Most frames that keep their picture; beyond it every second picture of the older ones goes. */
const maxPictures = 2000;

export function createSnapshotStore(stateBytes: number): SnapshotStore {
  const listeners = new Set<() => void>();
  let snapshot: SessionSnapshot = { ...emptySnapshot, stateBytes };
  let step = 1; // frames whose index is a multiple of it keep their picture
  return {
    get snapshot() {
      return snapshot;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    apply({ part, frames }) {
      let all =
        frames.length === 0 ? snapshot.frames : [...snapshot.frames, ...frames.map((frame) => thin(frame, step))];
      while (all.length / step > maxPictures) {
        step *= 2;
        all = all.map((frame) => thin(frame, step));
      }
      snapshot = { ...snapshot, ...part, frames: all };
      for (const listener of [...listeners]) listener();
    },
  };
}

function thin(frame: FrameRecord, step: number): FrameRecord {
  if (frame.index % step === 0 || frame.thumbnail === null) return frame;
  return { ...frame, thumbnail: null, owners: noOwners };
}

const noOwners = new Uint16Array(0);
