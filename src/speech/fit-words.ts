import type { SpokenWord } from "./transcript.ts";

type Span = { readonly from: number; readonly to: number };

/**
 * Words with their times fitted to where somebody was heard to speak, in seconds: recognisers let a word before a pause last until the one after.
 *
 * @param words in order
 * @param voiced where speech begins and ends
 * @param pauses inside, in order
 */
export function fitWords(words: readonly SpokenWord[], voiced: Span, pauses: readonly Span[]): SpokenWord[] {
  let earliest = Math.max(0, voiced.from);
  return words.map(({ text, ...told }) => {
    let [start, end] = [told.startSeconds, told.endSeconds];
    for (const pause of pauses) {
      // Begun in the pause: said after it. Begun before and ending in it, or after it: said before.
      if (start >= pause.from && start < pause.to && end > pause.to) start = pause.to;
      else if (start < pause.from && end > pause.from) end = pause.from;
    }
    start = Math.min(Math.max(start, earliest), Math.max(earliest, voiced.to));
    end = Math.min(Math.max(end, start), Math.max(start, voiced.to));
    earliest = start;
    return { text, startSeconds: start, endSeconds: end };
  });
}
