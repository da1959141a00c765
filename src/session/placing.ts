import type { SourceInfo, SourcePart } from "../video/frame-source.ts";
import type { SavedVideo } from "./memory/saved-memory.ts";

/** Where a source's frames go in a memory. */
export type Placement = {
  /** What is added to its times. */
  readonly offsetSeconds: number;
  /** Index of its first frame in the memory. */
  readonly firstFrame: number;
  /** Only what comes after this second of the source is watched, as what is before was; null where nothing was. */
  readonly afterSeconds: number | null;
  /** All files on the memory's timeline, where there are several. */
  readonly parts?: readonly SourcePart[];
};

/** What a memory has seen before a source is opened. */
type Seen = {
  /** Where its last frames came from; null where it has none. */
  readonly video: SavedVideo | null;
  readonly frames: number;
  readonly lastSeconds: number;
  readonly watchedUntilSeconds: number;
  /** Seconds from one frame to the next. */
  readonly intervalSeconds: number;
};

/** The source that the last frames came from goes on where it was left; another one, or a camera, follows behind it. */
export function placeSource(info: SourceInfo, seen: Seen): Placement {
  const { video, frames, lastSeconds, watchedUntilSeconds, intervalSeconds } = seen;
  if (frames === 0) return { offsetSeconds: 0, firstFrame: 0, afterSeconds: null };
  if (video && isSameVideo(video, info)) {
    const { offsetSeconds, firstFrame } = video;
    return { offsetSeconds, firstFrame, afterSeconds: lastSeconds - offsetSeconds };
  }
  const offsetSeconds = Math.max(watchedUntilSeconds, lastSeconds + intervalSeconds);
  return { offsetSeconds, firstFrame: frames, afterSeconds: null };
}

/** By all that is known of a file: parts of one recording often differ in nothing but their names. */
function isSameVideo(saved: SavedVideo, opened: SourceInfo): boolean {
  const same = (["name", "container", "codec", "width", "height"] as const).every(
    (field) => saved[field] === opened[field],
  );
  return same && saved.durationSeconds > 0 && Math.abs(saved.durationSeconds - opened.durationSeconds) < 2e-3;
}

/**
 * All files on a memory's timeline, in order: those of a source where it was placed, behind what was watched before it.
 *
 * @param before parts that the memory has already
 */
export function partsOf(
  { name, durationSeconds, parts }: SourceInfo,
  { offsetSeconds }: Pick<Placement, "offsetSeconds">,
  before: readonly SourcePart[],
): readonly SourcePart[] {
  const own = parts ?? [{ name, startSeconds: 0, durationSeconds, place: 0 }];
  const watched = before.filter(({ startSeconds }) => startSeconds < offsetSeconds);
  return [
    ...watched.map((part) => {
      const room = offsetSeconds - part.startSeconds;
      return { ...part, durationSeconds: Math.min(part.durationSeconds || room, room), place: null };
    }),
    ...own.map((part) => ({ ...part, startSeconds: part.startSeconds + offsetSeconds })),
  ];
}
