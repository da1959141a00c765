import { type CaptionLosses, leastDifference, type PictureResult } from "./verdict.ts";

/** Pictures in the order in which a setting is tried on them: first those that the model's own settings do worst on. */
export function worstFirst(own: readonly PictureResult[]): number[] {
  return own.map((_, picture) => picture).sort((a, b) => (own[b]?.loss ?? 0) - (own[a]?.loss ?? 0));
}

/** How many of the first pictures are tried before it is decided whether to go on. */
const looks = [4, 8];

/** The pictures in pieces: after each it is decided whether to go on. */
export function inPieces(order: readonly number[]): number[][] {
  const ends = [...looks.filter((end) => end < order.length), order.length];
  return ends.map((end, i) => order.slice(ends[i - 1] ?? 0, end));
}

/**
 * Whether a setting may still turn out better once some pictures were tried, those that leave most to be gained. A better
 * one gains there first: one that has gained nothing on them, or not half as much as the best so far, will not make it good on
 * the rest.
 *
 * @param best what the best setting so far made of all pictures; null where there is none
 */
export function mayBeBetter(
  own: readonly PictureResult[],
  losses: CaptionLosses,
  best: CaptionLosses | null = null,
): boolean {
  const tried = losses.flatMap((loss, picture) => (loss === null ? [] : [picture]));
  const gain = (of: CaptionLosses) =>
    tried.reduce((sum, picture) => sum + (own[picture]?.loss ?? 0) - (of[picture] ?? 0), 0);
  return gain(losses) > Math.max(leastDifference * tried.length, best ? gain(best) / 2 : 0);
}

/** Most captions that a picture is told from its own among. */
const mostCaptions = 12;

/** The captions that a picture is held against, by their places: its own first, then those of the pictures after it. */
export function captionsFor(picture: number, count: number): number[] {
  return Array.from({ length: Math.min(mostCaptions, count) }, (_, i) => (picture + i) % count);
}
