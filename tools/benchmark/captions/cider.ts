import { countNgrams, tokensOf } from "./bleu.ts";

/** A candidate and its references, of tokens between spaces. */
export type Captioned = { readonly candidate: string; readonly references: readonly string[] };

type Weights = {
  readonly byLength: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  readonly length: number;
};

/** CIDEr-D of each candidate, 0 to 10: n-grams weighed by how rare they are among all references; as pycocoevalcap's `Cider`. */
export function cider(captions: readonly Captioned[]): number[] {
  const documents = new Map<string, number>();
  for (const { references } of captions) {
    const ngrams = new Set(
      references.flatMap((reference) => countNgrams(tokensOf(reference)).flatMap((counts) => [...counts.keys()])),
    );
    for (const ngram of ngrams) documents.set(ngram, (documents.get(ngram) ?? 0) + 1);
  }
  const all = Math.log(captions.length);
  const weigh = (text: string) => weighNgrams(text, (ngram) => all - Math.log(Math.max(1, documents.get(ngram) ?? 0)));
  return captions.map(({ candidate, references }) => {
    const weights = weigh(candidate);
    const total = references.reduce((sum, reference) => sum + similarity(weights, weigh(reference)), 0);
    return (10 * total) / references.length;
  });
}

function weighNgrams(text: string, rarity: (ngram: string) => number): Weights {
  const counts = countNgrams(tokensOf(text));
  const byLength = counts.map((each) => new Map([...each].map(([ngram, count]) => [ngram, count * rarity(ngram)])));
  const norms = byLength.map((each) => Math.sqrt([...each.values()].reduce((sum, weight) => sum + weight * weight, 0)));
  // Lengths are told in pairs of tokens, as there.
  const length = [...(counts[1]?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  return { byLength, norms, length };
}

/** Mean over the lengths of n-grams of clipped cosines, less where the texts differ in length. */
function similarity(candidate: Weights, reference: Weights): number {
  const penalty = Math.exp(-((candidate.length - reference.length) ** 2) / (2 * 6 ** 2));
  const cosines = candidate.byLength.map((weights, n) => {
    const known = reference.byLength[n];
    let product = 0;
    for (const [ngram, weight] of weights) {
      const other = known?.get(ngram) ?? 0;
      product += Math.min(weight, other) * other;
    }
    const norms = (candidate.norms[n] ?? 0) * (reference.norms[n] ?? 0);
    return norms === 0 ? product : product / norms;
  });
  return (penalty * cosines.reduce((sum, cosine) => sum + cosine, 0)) / cosines.length;
}
