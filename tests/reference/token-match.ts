/** Best cosine and nearest odd token of each even token of one frame's metric [T, d]. */
export function tokenMatch(
  metric: Float32Array,
  width: number,
  protectFirst: boolean,
): { best: number[]; nearest: number[] } {
  const rows = Array.from({ length: metric.length / width }, (_, t) =>
    unit(metric.subarray(t * width, (t + 1) * width)),
  );
  const even = rows.filter((_, t) => t % 2 === 0);
  const odd = rows.filter((_, t) => t % 2 === 1);
  const scores = even.map((a, i) =>
    odd.map((b) =>
      protectFirst && i === 0 ? Number.NEGATIVE_INFINITY : a.reduce((sum, v, c) => sum + v * (b[c] ?? 0), 0),
    ),
  );
  const best = scores.map((row) => Math.max(Number.NEGATIVE_INFINITY, ...row));
  return { best, nearest: scores.map((row, i) => Math.max(0, row.indexOf(best[i] as number))) };
}

function unit(row: Float32Array): number[] {
  const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  return Array.from(row, (value) => (norm > 0 ? value / norm : 0));
}
