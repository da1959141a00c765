import type { SessionSnapshot } from "../../session/types.ts";
import { shareOf, type View } from "./timeline-view.ts";

/** Something that happened at a time: a scene began, a note was taken, an answer was given. */
export type Mark = {
  readonly kind: "scene" | "note" | "answer";
  readonly seconds: number;
  /** What it says, for the tip and for screen readers. */
  readonly label: string;
};

/** Marks of the scenes after the first, and of the notes. */
export function marksOf(scenes: SessionSnapshot["scenes"], notes: SessionSnapshot["notes"]): readonly Mark[] {
  return [
    ...scenes
      .slice(1)
      .map(({ fromSeconds: seconds }, order): Mark => ({ kind: "scene", seconds, label: `scene ${order + 2} begins` })),
    ...notes.map(({ fromSeconds: seconds, text }): Mark => ({ kind: "note", seconds, label: text })),
  ];
}

/** Which of several at one time stands for all. */
const rank = { scene: 0, note: 1, answer: 2 } as const;

/** A mark, where it lies in pixels, and how many others it stands for. */
export type PlacedMark = { readonly mark: Mark; readonly left: number; readonly others: number };

/** The marks of a part of the timeline; of those closer than `room` pixels to the one before, the first stands for all. */
export function placeMarks(marks: readonly Mark[], view: View, width: number, room = 14): readonly PlacedMark[] {
  const placed: PlacedMark[] = [];
  for (const mark of [...marks].sort((a, b) => a.seconds - b.seconds || rank[b.kind] - rank[a.kind])) {
    if (mark.seconds < view.from || mark.seconds > view.to) continue;
    const left = shareOf(view, mark.seconds) * width;
    const before = placed.at(-1);
    if (before && left - before.left < room) placed[placed.length - 1] = { ...before, others: before.others + 1 };
    else placed.push({ mark, left, others: 0 });
  }
  return placed;
}
