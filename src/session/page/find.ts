import { loadPart } from "../../load-part.ts";
import type { Nearest } from "../../search/protocol.ts";
import type { SearchedText, TextIndex } from "../../search/text-index.ts";
import type { Note } from "../records.ts";
import type {
  FindOptions,
  FrameRecord,
  Moment,
  SearchKind,
  SearchModelInfo,
  SessionSnapshot,
  TranscriptLine,
} from "../types.ts";
import { embedText } from "./client-search.ts";
import type { Link } from "./link.ts";
import { checkFind, checkSecond } from "./options.ts";
import type { Seen } from "./seen.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

type Known = Pick<SessionSnapshot, "transcript" | "notes" | "frames">;

const none: readonly never[] = [];

/** Frames of what was seen that are given unless told otherwise. */
const usualMost = 200;

/** Finds moments of a session: by words in what was said and noted, by vectors in what was seen. */
export function createFinding(link: Link, store: Pick<SnapshotStore, "snapshot">, seen: Seen) {
  const findWords = createFinder();
  let last: { readonly text: string; readonly search: SearchModelInfo; readonly vector: Promise<Float32Array> } | null =
    null;

  /** The same text is looked for again whenever there is more to search. */
  function vectorOf(text: string, search: SearchModelInfo): Promise<Float32Array> {
    if (last?.text === text && last.search === search) return last.vector;
    const vector = embedText(link, text);
    last = { text, search, vector };
    vector.catch(() => {
      last = null;
    });
    return vector;
  }

  return {
    async text(text: string, options: FindOptions = {}): Promise<Moment[]> {
      const kinds = checkFind(text, options);
      const { search } = link;
      const pictures =
        kinds.includes("seen") && search && store.snapshot.seen.frames > 0
          ? await seen.nearest(await vectorOf(text, search), options.most ?? usualMost)
          : none;
      const likelihood = (cosine: number) => (search ? 1 / (1 + Math.exp(-(search.scale * cosine + search.bias))) : 0);
      return [
        ...(await findWords(store.snapshot, text, kinds)),
        ...pictures.map((each) => seenMoment(store.snapshot.frames, each, likelihood(each.cosine))),
      ].sort((a, b) => b.score - a.score);
    },
    async alike(seconds: number, { most }: Pick<FindOptions, "most"> = {}): Promise<Moment[]> {
      checkSecond(seconds);
      const found = await seen.alike(seconds, most ?? usualMost);
      return found.map((each) => seenMoment(store.snapshot.frames, each, Math.min(1, Math.max(0, each.cosine))));
    },
  };
}

function seenMoment(frames: readonly FrameRecord[], { seconds }: Nearest, score: number): Moment {
  return { kind: "seen", seconds, until: seconds, score, text: "", thumbnail: pictureAt(frames, seconds) };
}

/** Finds moments in what a session knows; of what did not change since the last search nothing is indexed anew. */
export function createFinder(): (snapshot: Known, text: string, kinds: readonly SearchKind[]) => Promise<Moment[]> {
  let indexed: {
    readonly lines: readonly TranscriptLine[];
    readonly notes: readonly Note[];
    readonly index: TextIndex;
  } | null = null;
  return async (snapshot, text, kinds) => {
    const { createTextIndex } = await loadPart(() => import("../../search/text-index.ts"));
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
