/** Index of the largest logit; the lowest of several. */
export function greedy(logits: Float32Array): number {
  return logits.indexOf(logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY));
}

/**
 * The nucleus of Holtzman et al. (arXiv 1904.09751): tokens from the most likely down until their share reaches p; tokens as
 * likely as the last one belong to it as well. Returns probabilities within the nucleus, by id.
 */
export function nucleus(logits: Float32Array, temperature: number, p: number): Float64Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logits, (value) => Math.exp((value - largest) / temperature));
  const total = weights.reduce((sum, value) => sum + value, 0);
  let share = 0;
  let threshold = Number.POSITIVE_INFINITY;
  for (const logit of Float32Array.from(logits).sort().reverse()) {
    if (share >= p * total && share > 0) break;
    share += Math.exp((logit - largest) / temperature);
    threshold = logit;
  }
  const kept = weights.map((value, id) => ((logits[id] as number) >= threshold ? value : 0));
  const sum = kept.reduce((all, value) => all + value, 0);
  return kept.map((value) => value / sum);
}

/** The first id at which the cumulative probability passes `random` in [0, 1). */
export function sample(probabilities: Float64Array, random: number): number {
  let cumulative = 0;
  let last = 0;
  for (const [id, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    cumulative += probability;
    last = id;
    if (random < cumulative) break;
  }
  return last;
}
