/** Random numbers and damaged copies of inputs; the same for the same seed. */
export type Mutator = {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  /** A copy of one of `inputs` with up to four changes: of bits, bytes, numbers, the length, or with parts of another. */
  mutate(inputs: readonly Uint8Array[], words: readonly Uint8Array[]): Uint8Array;
  /** A JSON value as text, with one to three values in it replaced, left out or put elsewhere. */
  mutateJson(value: unknown): string;
};

/** Creates a mutator. */
export function createMutator(seed: number): Mutator {
  const random = createRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

  /** Changes that put `insert` in place of `removed` bytes at `at`. */
  function replace(bytes: Uint8Array, at: number, removed: number, insert: ArrayLike<number>): Uint8Array {
    const end = Math.min(bytes.length, at + removed);
    const result = new Uint8Array(bytes.length - (end - at) + insert.length);
    result.set(bytes.subarray(0, at));
    result.set(insert, at);
    result.set(bytes.subarray(end), at + insert.length);
    return result;
  }

  const changes: ((bytes: Uint8Array, inputs: readonly Uint8Array[], words: readonly Uint8Array[]) => Uint8Array)[] = [
    (bytes) => {
      const at = below(bytes.length);
      return replace(bytes, at, 1, [(bytes[at] ?? 0) ^ (1 << below(8))]);
    },
    (bytes) => replace(bytes, below(bytes.length), 1, [below(256)]),
    (bytes) => {
      const width = pick([1, 2, 4, 8]);
      const number = new DataView(new ArrayBuffer(8));
      number.setBigInt64(0, pick(strangeIntegers) + BigInt(pick([0, 0, bytes.length])), true);
      return replace(bytes, below(bytes.length), width, new Uint8Array(number.buffer, 0, width));
    },
    (bytes) => replace(bytes, below(bytes.length), 1 + below(pick([2, 8, 64])), []),
    (bytes) => bytes.slice(0, below(bytes.length + 1)),
    (bytes) => {
      const from = below(bytes.length);
      return replace(bytes, below(bytes.length), 0, bytes.subarray(from, from + 1 + below(32)));
    },
    (bytes, inputs) => {
      const other = pick(inputs);
      const from = below(other.length);
      return replace(bytes, below(bytes.length), below(32), other.subarray(from, from + 1 + below(32)));
    },
    (bytes, _, words) => {
      const word = words.length > 0 ? pick(words) : new Uint8Array(1);
      return replace(bytes, below(bytes.length + 1), pick([0, word.length]), word);
    },
  ];

  /** The parent and key of a random value inside a JSON value. */
  function pickPlace(root: unknown[]): [parent: Record<string, unknown>, key: string] {
    let parent = root as unknown as Record<string, unknown>;
    let key = "0";
    for (;;) {
      const value = parent[key];
      const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
      if (keys.length === 0 || below(5) === 0) return [parent, key];
      parent = value as Record<string, unknown>;
      key = pick(keys);
    }
  }

  return {
    below,
    pick,
    mutate(inputs, words) {
      let bytes = pick(inputs);
      for (let left = pick([1, 1, 1, 2, 4]); left > 0; left--) bytes = pick(changes)(bytes, inputs, words);
      return bytes;
    },
    mutateJson(value) {
      const root = [structuredClone(value)];
      for (let left = pick([1, 1, 2, 3]); left > 0; left--) {
        const [parent, key] = pickPlace(root);
        const change = below(8);
        if (change === 0 && parent !== (root as unknown)) delete parent[key];
        else if (change === 1) parent[`${key}${pick(strangeKeys)}`] = structuredClone(parent[key]);
        else if (change === 2) {
          const [other, otherKey] = pickPlace(root);
          parent[key] = structuredClone(other[otherKey]);
        } else if (change === 3 && typeof parent[key] === "number") parent[key] = parent[key] + pick([-1, 1, 0.5, 1e9]);
        else parent[key] = structuredClone(pick(strangeValues));
      }
      return JSON.stringify(root[0] ?? null).replaceAll(`"${deepMark}"`, deepList);
    },
  };
}

/** mulberry32 by Tommy Ettinger: numbers from 0 up to, not including, 1. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const strangeIntegers = [0n, 1n, -1n, 2n, 64n, 127n, 128n, 255n, 256n, 65535n, 65536n].concat(
  [31n, 32n, 40n, 53n, 62n, 63n].flatMap((power) => [1n << power, (1n << power) - 1n]),
);

const strangeKeys = ["", " ", "2", "__proto__", "\u0000"];

/** Stands for `deepList`, which is too deep for anything but a text. */
const deepMark = "a list in a list";
const deepList = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

const strangeValues: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1,
  7,
  2 ** 31,
  2 ** 53,
  1e308,
  "",
  "a".repeat(1000),
  "../x",
  "{question}",
  [],
  [1, 2],
  new Array(2000).fill(2 ** 52),
  {},
  { constructor: 1, toString: null },
  deepMark,
];
