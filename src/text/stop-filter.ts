/** Cuts an answer at the first stop string, wherever its pieces are split. */
export type StopFilter = {
  /** Takes the next piece; `text` can be shown, `stopped` is true once a stop string was met, after which all text is "". */
  push(piece: string): { readonly text: string; readonly stopped: boolean };
  /** Text held back because it could have begun a stop string, when the answer ends without one. */
  finish(): string;
};

/** @param stopStrings not empty ones; none at all lets everything through */
export function createStopFilter(stopStrings: readonly string[]): StopFilter {
  let held = "";
  let stopped = false;
  return {
    push(piece) {
      if (stopped) return { text: "", stopped };
      const text = held + piece;
      const found = findStop(text, stopStrings);
      stopped = found !== null;
      const end = found ?? text.length - heldLength(text, stopStrings);
      held = stopped ? "" : text.slice(end);
      return { text: text.slice(0, end), stopped };
    },
    finish() {
      const text = held;
      held = "";
      return text;
    },
  };
}

/** Where the stop string begins that is the first to be complete (the longest of them), whatever the pieces; null for none. */
function findStop(text: string, stopStrings: readonly string[]): number | null {
  let first: { readonly begin: number; readonly end: number } | null = null;
  for (const stop of stopStrings) {
    const begin = text.indexOf(stop);
    const end = begin + stop.length;
    if (begin >= 0 && (!first || end < first.end || (end === first.end && begin < first.begin))) first = { begin, end };
  }
  return first?.begin ?? null;
}

/** Length of the longest end of `text` that begins a stop string. */
function heldLength(text: string, stopStrings: readonly string[]): number {
  let longest = 0;
  for (const stop of stopStrings) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (stop.startsWith(text.slice(text.length - length))) longest = length;
    }
  }
  return longest;
}
