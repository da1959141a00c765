import { createTextIndex, type SearchedText, type TextIndex } from "../../search/text-index.ts";
import type { Note } from "../records.ts";
import type { FrameRecord, Moment, SearchKind, SessionSnapshot, TranscriptLine } from "../types.ts";

type Known = Pick<SessionSnapshot, "transcript" | "notes" | "frames">;

const none: readonly never[] = [];

/** Finds moments in what a session knows; of what did not change since the last search nothing is indexed anew. */
export function createFinder(): (snapshot: Known, text: string, kinds: readonly SearchKind[]) => Moment[] {
  let indexed: {
    readonly lines: readonly TranscriptLine[];
    readonly notes: readonly Note[];
    readonly index: TextIndex;
  } | null = null;
  return (snapshot, text, kinds) => {
    const lines = kinds.includes("said") ? snapshot.transcript.lines : none;
    const notes = kinds.includes("noted") ? snapshot.notes : none;
    if (indexed?.lines !== lines || indexed.notes !== notes)
      indexed = { lines, notes, index: createTextIndex([...lines.map(said), ...notes.map(noted)]) };
    return indexed.index.find(text).map(({ kind, startSeconds, endSeconds, score, text: found }) => ({
      kind,
      seconds: startSeconds,
      until: endSeconds,
      score,
      text: found,
      thumbnail: pictureAt(snapshot.frames, startSeconds),
    }));
  };
}

function said({ startSeconds, endSeconds, text }: TranscriptLine): SearchedText {
  return { kind: "said", startSeconds, endSeconds, text };
}

function noted({ fromSeconds, untilSeconds, text }: Note): SearchedText {
  return { kind: "noted", startSeconds: fromSeconds, endSeconds: untilSeconds, text };
}

/** The picture of the last frame that has one, at a second; of the first one where that is earlier; null where none has. */
function pictureAt(frames: readonly FrameRecord[], seconds: number): Blob | null {
  const before = frames.findLast((frame) => frame.thumbnail !== null && frame.timestampSeconds <= seconds);
  return (before ?? frames.find((frame) => frame.thumbnail !== null))?.thumbnail ?? null;
}
