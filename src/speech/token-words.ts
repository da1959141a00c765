import type { SpokenWord } from "./transcript.ts";

/** A token that the recogniser wrote: its text (a space before it begins a word), and when it ends, in seconds of the window. */
export type TimedToken = { readonly text: string; readonly startSeconds: number; readonly endSeconds: number };

/** Joins tokens to words. What is said by signs alone, like the marks for music, is none. */
export function toWords(tokens: readonly TimedToken[]): SpokenWord[] {
  const words: { text: string; startSeconds: number; endSeconds: number }[] = [];
  for (const { text, startSeconds, endSeconds } of tokens) {
    const before = words.at(-1);
    // Chinese and its kin write no spaces: there every token may be taken for a word.
    if (before && !/^\s/.test(text) && !isUnspaced(text)) {
      before.text += text;
      before.endSeconds = Math.max(before.endSeconds, endSeconds);
    } else words.push({ text, startSeconds, endSeconds });
  }
  return withoutLoops(
    words.map((word) => ({ ...word, text: word.text.trim() })).filter(({ text }) => /[\p{L}\p{N}]/u.test(text)),
  );
}

function isUnspaced(text: string): boolean {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(text);
}

/** Cuts what is said more than so many times in a row: recognisers of this kind can get stuck on a phrase. */
const mostRepeats = 4;

function withoutLoops(words: readonly SpokenWord[]): SpokenWord[] {
  const said = words.map(({ text }) => text.toLowerCase());
  for (let at = 0; at < said.length; at++) {
    for (let length = 1; length <= 8; length++) {
      const repeats = countRepeats(said, at, length);
      if (repeats > mostRepeats) return words.slice(0, at + length);
    }
  }
  return [...words];
}

/** How often the `length` words from `at` on stand there one after another. */
function countRepeats(said: readonly string[], at: number, length: number): number {
  let repeats = 1;
  for (let i = at + length; i + length <= said.length; i += length, repeats++)
    for (let j = 0; j < length; j++) if (said[i + j] !== said[at + j]) return repeats;
  return repeats;
}
