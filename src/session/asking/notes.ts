import type { Memory } from "../memory/memory.ts";
import type { Note } from "../records.ts";
import type { Aside } from "./asking.ts";

/** Notes about the scenes of a memory, as they end. */
export type Notes = {
  readonly all: readonly Note[];
  /** Takes note of the scenes that have ended since; of the last one too once watching has. */
  update(ended: boolean): void;
  /** Puts a person's words in a note's place. */
  edit(id: number, text: string): void;
  remove(id: number): void;
};

type NotesOptions = {
  readonly memory: Pick<Memory, "timeline" | "sceneStarts">;
  readonly ask: Aside;
  /** A longer scene gets a note for each such part. */
  readonly everySeconds: number;
  readonly saved: readonly Note[];
  onChange(): void;
};

/** What is asked of each scene's frames, with no other frame before or after. */
const noteQuestion = "Describe the video.";

/** Notes of what comes after the frames that the memory has now. */
export function createNotes({ memory, ask, everySeconds, saved, onChange }: NotesOptions): Notes {
  const { timeline, sceneStarts } = memory;
  let notes: readonly Note[] = saved;
  let next = timeline.frames.length;
  let nextId = Math.max(0, ...saved.map(({ id }) => id)) + 1;

  function set(changed: readonly Note[]): void {
    notes = changed;
    onChange();
  }

  function take(first: number, end: number): void {
    const { frames } = timeline;
    const fromSeconds = frames[first]?.timestampSeconds ?? 0;
    const lastSeconds = frames[end - 1]?.timestampSeconds ?? fromSeconds;
    const untilSeconds = frames[end]?.timestampSeconds ?? lastSeconds;
    ask(noteQuestion, { from: "look-again", range: [fromSeconds, lastSeconds] }, (answer) => {
      if (!answer?.text) return;
      const note = { id: nextId++, fromSeconds, untilSeconds, text: answer.text, edited: false };
      set([...notes, note].sort((a, b) => a.fromSeconds - b.fromSeconds));
    });
  }

  return {
    get all() {
      return notes;
    },
    update(ended) {
      for (let end = sceneEnd(next); end !== null; end = sceneEnd(next)) {
        take(next, end);
        next = end;
      }
      if (!ended || next >= timeline.frames.length) return;
      take(next, timeline.frames.length);
      next = timeline.frames.length;
    },
    edit: (id, text) => set(notes.map((note) => (note.id === id ? { ...note, text, edited: true } : note))),
    remove: (id) => set(notes.filter((note) => note.id !== id)),
  };

  /** Where the part that begins with a frame ends, if it has. */
  function sceneEnd(first: number): number | null {
    const { frames } = timeline;
    const start = sceneStarts.find((frame) => frame > first) ?? Number.POSITIVE_INFINITY;
    const latest = (frames[first]?.timestampSeconds ?? 0) + everySeconds;
    for (let frame = first + 1; frame < frames.length && frame <= start; frame++) {
      if (frame === start || (frames[frame]?.timestampSeconds ?? 0) >= latest) return frame;
    }
    return null;
  }
}
