/** What one frame's tokens become: for each new token the one it continues and then those merged into it, and its size. */
export type Merge = { readonly members: readonly (readonly number[])[]; readonly sizes: readonly number[] };

/** Decides a merge of one frame: the algorithm's text, step by step. */
export function tokenSort(
  match: { readonly best: readonly number[]; readonly nearest: readonly number[] },
  sizes: readonly number[],
  options: {
    readonly removed: number;
    readonly order: "ascending" | "descending" | "none";
    readonly protectFirst: boolean;
  },
): Merge {
  const even = match.best.map((_, a) => a);
  const ranked = even.toSorted((i, j) => compare(match.best[j], match.best[i]) || i - j);
  const removed = new Set(ranked.slice(0, options.removed));
  const unmerged = even.filter((a) => !removed.has(a)).map((a) => [2 * a]);
  const odd = Array.from({ length: sizes.length >> 1 }, (_, b) => {
    const sources = ranked.filter((a) => removed.has(a) && match.nearest[a] === b);
    return [2 * b + 1, ...sources.map((a) => 2 * a)];
  });
  const total = (members: readonly number[]) => members.reduce((sum, t) => sum + (sizes[t] ?? 0), 0);
  const sign = { ascending: 1, descending: -1, none: 0 }[options.order];
  const members = [...unmerged, ...odd].sort((i, j) => {
    if (options.protectFirst && (i[0] === 0 || j[0] === 0)) return i[0] === 0 ? -1 : 1;
    return sign * (total(i) - total(j)); // the language promises a stable sort
  });
  return { members, sizes: members.map(total) };
}

/** Order of two numbers that may both be −∞. */
function compare(a = 0, b = 0): number {
  return a === b ? 0 : a - b;
}
