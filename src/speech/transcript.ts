/** A word as it was heard, in seconds of the video. */
export type SpokenWord = { readonly text: string; readonly startSeconds: number; readonly endSeconds: number };

/** A line of what was said: a sentence, or a part of a long one. */
export type SpokenLine = {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
  /** Null where the recogniser tells no times of words, or where a person changed the text. */
  readonly words: readonly SpokenWord[] | null;
};

/** A line is broken after a sentence once it is this long, and anywhere before it gets too long to read. */
const [sentenceLength, maxLength] = [20, 84];

/** A pause after which a new line begins, in seconds. */
const pauseSeconds = 0.8;

/** Words in order of time as lines: a line for each sentence, except for short ones; long ones are broken, at a comma if there is one. */
export function toLines(words: readonly SpokenWord[]): SpokenLine[] {
  const lines: SpokenLine[] = [];
  let line: SpokenWord[] = [];
  const end = (count = line.length) => {
    if (count > 0) lines.push(toLine(line.slice(0, count)));
    line = line.slice(count);
  };
  for (const word of words) {
    const before = line.at(-1);
    if (before && word.startSeconds - before.endSeconds > pauseSeconds) end();
    if (before && textOf([...line, word]).length > maxLength) end(breakAt(line));
    line.push(word);
    if (/[.?!…]["')\]]?$/.test(word.text) && textOf(line).length >= sentenceLength) end();
  }
  end();
  return lines;
}

/** How many words of a line that is too long stay in it. */
function breakAt(line: readonly SpokenWord[]): number {
  const comma = line.findLastIndex(({ text }, i) => /[,;:]$/.test(text) && i + 1 >= line.length / 3);
  return comma < 0 ? line.length : comma + 1;
}

function toLine(words: readonly SpokenWord[]): SpokenLine {
  const [first, last] = [words[0] as SpokenWord, words.at(-1) as SpokenWord];
  return { startSeconds: first.startSeconds, endSeconds: last.endSeconds, text: textOf(words), words };
}

function textOf(words: readonly SpokenWord[]): string {
  return words.map(({ text }) => text).join(" ");
}
