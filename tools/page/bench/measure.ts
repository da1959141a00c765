/** One measured or counted value; NaN for one that could not be. */
export type Figure = { readonly id: string; readonly value: number; readonly unit: string; readonly note: string };

/** In place of a figure of another engine that failed: says why, and the bench goes on. */
export function notMeasured(id: string, unit: string, error: unknown): Figure {
  const reason = error instanceof Error ? error.message : String(error);
  return { id, value: Number.NaN, unit, note: `not measured: ${reason.replaceAll(/\s+/g, " ").slice(0, 200)}` };
}

/** The middle value; the mean of the two middle ones where their number is even. @throws where there is none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error("no values to take the median of");
  return (low + high) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * Runs tasks in turn, `rounds` times over after one round that is not counted, so that what slows the machine down slows
 * all of them. Returns each task's milliseconds, round by round.
 */
export async function interleave(rounds: number, tasks: readonly (() => Promise<unknown>)[]): Promise<number[][]> {
  const times = tasks.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, task] of tasks.entries()) {
      const milliseconds = await timed(task);
      if (round >= 0) times[i]?.push(milliseconds);
    }
  }
  return times;
}

/** Milliseconds that a task takes. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await task();
  return performance.now() - begin;
}

/** Median over the rounds of one task's time divided by another's. */
export function timeRatio(times: readonly number[] = [], others: readonly number[] = []): number {
  return median(times.map((time, round) => time / (others[round] ?? Number.NaN)));
}

/** Repeatable values in [−scale, scale) (a linear congruential generator; only their spread matters). */
export function randomFloats(length: number, seed: number, scale: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}
