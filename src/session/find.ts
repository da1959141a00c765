import { createTextIndex, type TextIndex } from "../search/text-index.ts";
import type { FrameRecord, Moment, SearchKind, SessionSnapshot, TranscriptLine } from "./types.ts";

/** Finds moments in what a session knows; of what did not change since the last search nothing is indexed anew. */
export function createFinder(): (snapshot: SessionSnapshot, text: string, kinds: readonly SearchKind[]) => Moment[] {
  let indexed: { readonly lines: readonly TranscriptLine[]; readonly index: TextIndex } | null = null;
  return ({ transcript: { lines }, frames }, text, kinds) => {
    if (!kinds.includes("said")) return [];
    if (indexed?.lines !== lines)
      indexed = { lines, index: createTextIndex(lines.map((line) => ({ ...line, kind: "said" as const }))) };
    return indexed.index.find(text).map(({ kind, startSeconds, endSeconds, score, text: found }) => ({
      kind,
      seconds: startSeconds,
      until: endSeconds,
      score,
      text: found,
      thumbnail: pictureAt(frames, startSeconds),
    }));
  };
}

/** The picture of the last frame that has one, at a second; of the first one where that is earlier; null where none has. */
function pictureAt(frames: readonly FrameRecord[], seconds: number): Blob | null {
  const before = frames.findLast((frame) => frame.thumbnail !== null && frame.timestampSeconds <= seconds);
  return (before ?? frames.find((frame) => frame.thumbnail !== null))?.thumbnail ?? null;
}
