import type { Memory } from "../memory/memory.ts";
import type { SavedMemory } from "../memory/saved-memory.ts";
import type { SessionChange } from "../protocol.ts";
import type { Scene } from "../records.ts";
import type { WatchOptions } from "../types.ts";
import type { Aside } from "./asking.ts";
import { createNotes, type Notes } from "./notes.ts";
import { createStanding, type Standing } from "./standing.ts";

/** What follows from the scenes of a memory: notes about them, and standing questions that are asked as they end. */
export type ObservedScenes = {
  readonly notes: Notes;
  readonly standing: Standing;
  /** Looks for scenes that have ended; the last one has once watching has. */
  update(ended: boolean): void;
};

type ObserveOptions = {
  readonly options: Pick<WatchOptions, "notes" | "noteSeconds">;
  readonly saved: Pick<SavedMemory, "notes" | "standing"> | null;
  publish(part: SessionChange["part"]): void;
  /** Told that there is a note or an answer more, or another one. */
  onSaid(): void;
};

/** Standing questions are asked again after so many seconds in which no scene has ended. */
const askAgainSeconds = 60;

export function observeScenes(
  memory: Memory,
  ask: Aside,
  { options, saved, publish, onSaid }: ObserveOptions,
): ObservedScenes {
  const { notes: wanted = false, noteSeconds = 60 } = options;
  function tell(part: SessionChange["part"]): void {
    publish(part);
    onSaid();
  }
  const notes = createNotes({
    memory,
    ask,
    everySeconds: noteSeconds,
    saved: saved?.notes ?? [],
    onChange: () => tell({ notes: notes.all }),
  });
  const standing: Standing = createStanding({
    ask,
    saved: saved?.standing ?? [],
    onChange: () => tell({ standing: standing.all }),
  });
  let scenes = -1;
  let askedSeconds = 0;

  function update(ended: boolean): void {
    const { timeline, sceneStarts } = memory;
    const now = timeline.frames.at(-1)?.timestampSeconds ?? 0;
    const changed = scenes !== sceneStarts.length;
    if (changed || ended) publish({ scenes: listScenes(memory) });
    if (wanted) notes.update(ended);
    if (ended || (changed && scenes >= 0) || now - askedSeconds >= askAgainSeconds) {
      askedSeconds = now;
      standing.update();
    }
    scenes = sceneStarts.length;
  }

  memory.subscribe(() => update(false));
  if (saved) publish({ notes: notes.all, standing: standing.all, scenes: listScenes(memory) });
  return { notes, standing, update };
}

/** The scenes so far. */
function listScenes({ timeline, sceneStarts }: Memory): readonly Scene[] {
  const { frames } = timeline;
  if (frames.length === 0) return [];
  const secondsOf = (frame: number) => frames[frame]?.timestampSeconds ?? frames.at(-1)?.timestampSeconds ?? 0;
  const starts = [0, ...sceneStarts];
  return starts.map((start, i) => ({
    fromSeconds: secondsOf(start),
    untilSeconds: secondsOf(starts[i + 1] ?? frames.length),
  }));
}
