import { scanModule } from "./scan-module.ts";

/** What lies nearest to a vector. */
export type Nearest = { readonly seconds: number; readonly cosine: number };

/** Vectors of moments of a video, in int8, and those of them that are nearest to one. */
export type Vectors = {
  readonly count: number;
  /** Bytes that they take. */
  readonly byteLength: number;
  /** @param rows [seconds.length, C], each of length 1 */
  add(seconds: readonly number[], rows: Float32Array): void;
  /** The nearest `most`, best first. @param query [C], of length 1 */
  nearest(query: Float32Array, most: number): Nearest[];
  /** The vector of the moment nearest to a second, [C]; null where there is none. */
  at(seconds: number): Float32Array | null;
};

/** A day at one frame a second. */
const usualBudget = 86_400;

/** The largest number that a query's vector is made of: sums of 8192 products with int8 stay within 31 bits. */
const queryLevels = 2047;

/** Levels of what int8 leaves of a number, on either side. */
const remainderLevels = 254;

/** Vectors beyond the wanted ones that are looked at exactly, as int8 alone may have their order wrong. */
const extra = 200;

/**
 * Holds at most `budget` vectors of `width` numbers: when they are all there, every second one goes, and of those that come
 * every second one is taken from then on, so that what is left lies evenly over the video. Each number is an int8 by which
 * all are searched, and another one for what that leaves over, by which the best are told exactly.
 */
export function createVectors(width: number, budget = usualBudget): Vectors {
  const stride = Math.ceil(width / 16) * 16;
  const queryBytes = stride * 2;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(scanModule());
  const { scan } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
    scan(query: number, rows: number, count: number, width: number, out: number): void;
  };
  let capacity = 0;
  let remainders = new Int8Array(0);
  let scales = new Float32Array(0);
  let times = new Float64Array(0);
  let count = 0;
  /** Of those that come, so many make one that is taken. */
  let step = 1;
  let came = 0;

  /** Rows lie behind the query, the sums behind the rows. */
  const rows = () => new Int8Array(memory.buffer, queryBytes, capacity * stride);
  const sumsAt = () => queryBytes + Math.ceil((capacity * stride) / 4) * 4;

  function reserve(wanted: number): void {
    if (wanted <= capacity) return;
    capacity = Math.min(budget, Math.max(wanted, 2 * capacity, 256));
    const missing = sumsAt() + capacity * 4 - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
    remainders = grown(remainders, new Int8Array(capacity * stride));
    scales = grown(scales, new Float32Array(capacity));
    times = grown(times, new Float64Array(capacity));
  }

  function put(seconds: number, row: Float32Array): void {
    reserve(count + 1);
    const begin = count * stride;
    const first = rows();
    let largest = 0;
    for (let i = 0; i < width; i++) largest = Math.max(largest, Math.abs(row[i] ?? 0));
    const scale = largest / 127 || 1;
    for (let i = 0; i < width; i++) {
      const value = (row[i] ?? 0) / scale;
      const level = Math.round(value);
      first[begin + i] = level;
      remainders[begin + i] = Math.round((value - level) * remainderLevels);
    }
    scales[count] = scale;
    times[count++] = seconds;
  }

  /** Every second one goes. */
  function thin(): void {
    const first = rows();
    const kept = Math.ceil(count / 2);
    for (let to = 0; to < kept; to++) {
      const from = 2 * to;
      for (const all of [first, remainders]) all.copyWithin(to * stride, from * stride, (from + 1) * stride);
      scales[to] = scales[from] ?? 0;
      times[to] = times[from] ?? 0;
    }
    count = kept;
    step *= 2;
  }

  function exactly(place: number, query: Float32Array): number {
    const first = rows();
    const begin = place * stride;
    let sum = 0;
    for (let i = 0; i < width; i++)
      sum += (query[i] ?? 0) * ((first[begin + i] ?? 0) + (remainders[begin + i] ?? 0) / remainderLevels);
    return sum * (scales[place] ?? 0);
  }

  function search(query: Float32Array): Float32Array {
    const levels = new Int16Array(memory.buffer, 0, stride).fill(0);
    const largest = query.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    for (const [i, value] of query.entries()) levels[i] = Math.round((value / largest) * queryLevels);
    scan(0, queryBytes, count, stride, sumsAt());
    const sums = new Int32Array(memory.buffer, sumsAt(), count);
    const found = new Float32Array(count);
    for (let place = 0; place < count; place++) found[place] = (sums[place] ?? 0) * (scales[place] ?? 0);
    return found;
  }

  return {
    get count() {
      return count;
    },
    get byteLength() {
      return memory.buffer.byteLength + remainders.byteLength + scales.byteLength + times.byteLength;
    },
    add(seconds, added) {
      for (const [i, second] of seconds.entries()) {
        if (came++ % step !== 0) continue;
        if (count === budget) {
          thin();
          if ((came - 1) % step !== 0) continue;
        }
        put(second, added.subarray(i * width, (i + 1) * width));
      }
    },
    nearest(query, most) {
      const found = best(search(query), most + extra).map((place) => ({
        seconds: times[place] ?? 0,
        cosine: exactly(place, query),
      }));
      return found.sort((a, b) => b.cosine - a.cosine || a.seconds - b.seconds).slice(0, most);
    },
    at(seconds) {
      let nearest = -1;
      for (let place = 0; place < count; place++)
        if (nearest < 0 || Math.abs((times[place] ?? 0) - seconds) < Math.abs((times[nearest] ?? 0) - seconds))
          nearest = place;
      if (nearest < 0) return null;
      const first = rows();
      const begin = nearest * stride;
      const scale = scales[nearest] ?? 0;
      return Float32Array.from(
        { length: width },
        (_, i) => scale * ((first[begin + i] ?? 0) + (remainders[begin + i] ?? 0) / remainderLevels),
      );
    },
  };
}

/** Places of the `most` greatest values and of what is all but as great, in no order: counted by steps, which takes no sorting. */
function best(values: Float32Array, most: number): number[] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let place = 0; place < values.length; place++) {
    least = Math.min(least, values[place] ?? 0);
    greatest = Math.max(greatest, values[place] ?? 0);
  }
  const steps = 4096;
  const stepOf = (value: number) =>
    Math.min(steps - 1, Math.floor(((value - least) / (greatest - least || 1)) * steps));
  const counts = new Uint32Array(steps);
  for (let place = 0; place < values.length; place++) {
    const step = stepOf(values[place] ?? 0);
    counts[step] = (counts[step] ?? 0) + 1;
  }
  let lowest = steps - 1;
  for (let wanted = most - (counts[lowest] ?? 0); wanted > 0 && lowest > 0; wanted -= counts[lowest] ?? 0) lowest--;
  const places: number[] = [];
  for (let place = 0; place < values.length; place++) if (stepOf(values[place] ?? 0) >= lowest) places.push(place);
  return places;
}

function grown<T extends Int8Array | Float32Array | Float64Array>(before: T, longer: T): T {
  longer.set(before);
  return longer;
}
