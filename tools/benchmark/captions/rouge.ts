/** ROUGE-L of one candidate against its references, 0 to 1, both of tokens between single spaces; as pycocoevalcap's `Rouge`. */
export function rougeL(candidate: string, references: readonly string[]): number {
  // Not `tokensOf`: there an empty candidate has one empty token, and so it has here.
  const tokens = candidate.split(" ");
  const matches = references.map((reference) => {
    const known = reference.split(" ");
    const common = commonSubsequence(tokens, known);
    return { precision: common / tokens.length, recall: common / known.length };
  });
  const precision = Math.max(...matches.map((match) => match.precision));
  const recall = Math.max(...matches.map((match) => match.recall));
  if (precision === 0 || recall === 0) return 0;
  const weight = 1.2 ** 2; // recall counts for more
  return ((1 + weight) * precision * recall) / (recall + weight * precision);
}

/** Length of the longest sequence of tokens that both have in this order. */
function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const token of a) {
    const next = [0];
    for (const [j, other] of b.entries())
      next.push(token === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  return row[b.length] ?? 0;
}
