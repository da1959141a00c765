import type { ErrorData } from "../../errors.ts";
import { joinFrames } from "../memory/timeline.ts";
import type { SessionChange } from "../protocol.ts";
import { emptySnapshot, type SessionSnapshot } from "../types.ts";

/** The page's copy of a session's snapshot. */
export type SnapshotStore = {
  readonly snapshot: SessionSnapshot;
  subscribe(listener: () => void): () => void;
  apply(change: SessionChange): void;
  /** Puts what the page itself knows into the snapshot. */
  update(part: Partial<SessionSnapshot>): void;
  /** Notes that the session does nothing any more; what is known of it stays. */
  fail(error: ErrorData): void;
};

export function createSnapshotStore(stateBytes: number): SnapshotStore {
  const listeners = new Set<() => void>();
  let snapshot: SessionSnapshot = { ...emptySnapshot, stateBytes };
  let step = 1;
  const set = (next: SessionSnapshot) => {
    snapshot = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    get snapshot() {
      return snapshot;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    apply({ part, frames, pictureStep }) {
      const all = joinFrames(snapshot.frames, frames, { before: step, now: pictureStep });
      step = pictureStep;
      set({ ...snapshot, ...part, frames: all });
    },
    update: (part) => set({ ...snapshot, ...part }),
    fail: (error) => set({ ...snapshot, status: "failed", error }),
  };
}
