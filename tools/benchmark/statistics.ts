import type { Figure } from "./task.ts";

/** A value and the cluster that it belongs to: questions about one video are not independent of each other. */
export type Sample = { readonly value: number; readonly cluster: string };

/**
 * Mean of values and its standard error, robust to clusters (Miller, "Adding Error Bars to Evals", 2024, section 2.2): with one
 * value a cluster it is the binomial one where values are 0 or 1. Null for no values.
 */
export function clusteredMean(samples: readonly Sample[]): Figure | null {
  const n = samples.length;
  if (n === 0) return null;
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / n;
  const residuals = new Map<string, number>();
  for (const { value, cluster } of samples) residuals.set(cluster, (residuals.get(cluster) ?? 0) + value - mean);
  const squares = [...residuals.values()].reduce((sum, residual) => sum + residual * residual, 0);
  return { value: mean, error: Math.sqrt(squares) / n };
}

/** Mean of figures that are independent of each other; null where there are none. */
export function meanOfFigures(figures: readonly (Figure | null)[]): Figure | null {
  const known = figures.filter((figure) => figure !== null);
  if (known.length === 0) return null;
  const squares = known.reduce((sum, { error }) => sum + (error ?? 0) ** 2, 0);
  return {
    value: known.reduce((sum, { value }) => sum + value, 0) / known.length,
    error: known.every(({ error }) => error !== null) ? Math.sqrt(squares) / known.length : null,
  };
}

/** Standard error of a statistic of a whole set, from its values without one element at a time (the jackknife). Null for less than two. */
export function jackknifeError(without: readonly number[]): number | null {
  const count = without.length;
  if (count < 2) return null;
  const mean = without.reduce((sum, value) => sum + value, 0) / count;
  const squares = without.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(((count - 1) / count) * squares);
}
