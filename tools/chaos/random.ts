/** Chances that repeat for a seed. */
export type Random = {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** One of several, the likelier the more often it is there. */
  one<T>(values: readonly T[]): T;
};

/** Chances of a seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    one(values) {
      if (values.length === 0) throw new Error("nothing to choose from");
      return values[below(values.length)] as (typeof values)[number];
    },
  };
}
