/** N-grams of a text of tokens between spaces, with how often each is there; by length, from 1 to `longest`. */
export function countNgrams(tokens: readonly string[], longest = 4): ReadonlyMap<string, number>[] {
  return Array.from({ length: longest }, (_, i) => {
    const counts = new Map<string, number>();
    for (let start = 0; start + i < tokens.length; start++) {
      const ngram = tokens.slice(start, start + i + 1).join(" ");
      counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
    }
    return counts;
  });
}

/** Tokens of a text; none of an empty one. */
export function tokensOf(text: string): string[] {
  return text.split(/\s+/).filter((token) => token !== "");
}

/** What BLEU adds up over candidates: n-grams tried and right by length, the candidate's length, and the nearest reference's. */
export type BleuCounts = {
  readonly guesses: readonly number[];
  readonly right: readonly number[];
  readonly length: number;
  readonly referenceLength: number;
};

/** Counts of one candidate against its references, both of tokens between spaces. */
export function countBleu(candidate: string, references: readonly string[]): BleuCounts {
  const tokens = tokensOf(candidate);
  const known = references.map((reference) => countNgrams(tokensOf(reference)));
  const lengths = references.map((reference) => tokensOf(reference).length);
  const most = (length: number, ngram: string) =>
    Math.max(0, ...known.map((counts) => counts[length]?.get(ngram) ?? 0));
  const right = countNgrams(tokens).map((counts, length) =>
    [...counts].reduce((sum, [ngram, count]) => sum + Math.min(count, most(length, ngram)), 0),
  );
  // The nearest in length; of two as near, the shorter.
  const distance = (length: number) => Math.abs(length - tokens.length);
  const [referenceLength = 0] = lengths.toSorted((a, b) => distance(a) - distance(b) || a - b);
  const guesses = [1, 2, 3, 4].map((n) => Math.max(0, tokens.length - n + 1));
  return { guesses, right, length: tokens.length, referenceLength };
}

/** Counts of several candidates together. */
export function addBleu(counts: readonly BleuCounts[]): BleuCounts {
  const sum = (value: (each: BleuCounts) => number) => counts.reduce((total, each) => total + value(each), 0);
  return {
    guesses: [0, 1, 2, 3].map((n) => sum(({ guesses }) => guesses[n] ?? 0)),
    right: [0, 1, 2, 3].map((n) => sum(({ right }) => right[n] ?? 0)),
    length: sum(({ length }) => length),
    referenceLength: sum(({ referenceLength }) => referenceLength),
  };
}

/** Counts without those of one candidate. */
export function withoutBleu(all: BleuCounts, one: BleuCounts): BleuCounts {
  return {
    guesses: all.guesses.map((count, n) => count - (one.guesses[n] ?? 0)),
    right: all.right.map((count, n) => count - (one.right[n] ?? 0)),
    length: all.length - one.length,
    referenceLength: all.referenceLength - one.referenceLength,
  };
}

/** BLEU-1 to BLEU-4, 0 to 1, as pycocoevalcap's `Bleu(4)`. */
export function bleu({ guesses, right, length, referenceLength }: BleuCounts): number[] {
  const [small, tiny] = [1e-9, 1e-15];
  const ratio = (length + tiny) / (referenceLength + small);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return guesses.map((count, n) => {
    product *= ((right[n] ?? 0) + tiny) / (count + small);
    return penalty * product ** (1 / (n + 1));
  });
}
