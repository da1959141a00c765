import MiniSearch from "minisearch";

/** Something that was said or noted, in seconds of the video. */
export type SearchedText = {
  readonly kind: "said" | "noted";
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
};

/** A text that has what was looked for. `score` is 1 for the best one, and above 0. */
type FoundText = SearchedText & { readonly score: number };

/** Finds texts by their words. */
export type TextIndex = { find(query: string): FoundText[] };

/** Letters that may be wrong in a word of so many: two in long ones, since changing places counts as two. */
const mistakes = (letters: number) => (letters >= 7 ? 2 : letters >= 4 ? 1 : false);

/**
 * Makes texts searchable by words, beginnings of words, and words that are nearly so, whatever their case and accents. All words of a query
 * must be there, unless no text has them all.
 */
export function createTextIndex(texts: readonly SearchedText[]): TextIndex {
  const index = new MiniSearch<{ id: number; text: string }>({
    fields: ["text"],
    tokenize: words,
    processTerm: (term) => term,
    searchOptions: {
      prefix: (term) => term.length > 1,
      fuzzy: (term) => mistakes(term.length),
      weights: { prefix: 0.6, fuzzy: 0.3 },
    },
  });
  index.addAll(texts.map(({ text }, id) => ({ id, text })));
  return {
    find(query) {
      if (words(query).length === 0) return [];
      const all = index.search(query, { combineWith: "AND" });
      const found = all.length > 0 ? all : index.search(query, { combineWith: "OR" });
      const best = found[0]?.score ?? 1;
      return found
        .map(({ id, score }) => ({ ...(texts[id as number] as SearchedText), score: score / best }))
        .sort((a, b) => b.score - a.score || a.startSeconds - b.startSeconds);
    },
  };
}

/** The words of a text, without case and accents. In languages that write no spaces each character counts as one. */
function words(text: string): string[] {
  const folded = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;
  return (folded.replaceAll(unspaced, " $& ").match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? []).map((word) =>
    word.replaceAll(/['’]/g, ""),
  );
}
