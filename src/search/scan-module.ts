/**
 * A WebAssembly module of one function, `scan(query, rows, count, width, out)`: products of `count` rows of int8 [width] with one
 * query of int16 [width], summed as int32. All are addresses in the imported memory; `width` is a multiple of 16. JavaScript takes
 * ten times as long, and 86,400 rows are to be searched while a person types.
 */
export function scanModule(): Uint8Array<ArrayBuffer> {
  const [query, rows, count, width, out, at, end, sum] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const get = (local: number) => [0x20, local];
  const set = (local: number) => [0x21, local];
  const constant = (value: number) => [0x41, ...signed(value)];
  const add = 0x6a;
  /** local ← local + value */
  const step = (local: number, value: number) => [...get(local), ...constant(value), add, ...set(local)];
  const simd = (code: number) => [0xfd, ...unsigned(code)];
  const load = (address: number, offset: number) => [...get(address), ...simd(0x00), 0, ...unsigned(offset)];
  const lane = (index: number) => [...get(sum), ...simd(0x1b), index];
  const dot = simd(0xba); // i32x4.dot_i16x8_s
  /** sum ← sum + (eight of the row's numbers, widened) · (eight of the query's) */
  const accumulate = (widen: number, offset: number) => [
    ...[...get(sum), ...load(rows, 0), ...simd(widen), ...load(at, offset), ...dot],
    ...[...simd(0xae), ...set(sum)],
  ];
  const [low, high] = [0x87, 0x88]; // i16x8.extend_low_i8x16_s, …high…
  const code = [
    ...[0x02, 0x40, 0x03, 0x40, ...get(count), 0x45, 0x0d, 1], // block, loop: leave once no row is left
    ...[...simd(0x0c), ...Array<number>(16).fill(0), ...set(sum)],
    ...[...get(query), ...set(at), ...get(rows), ...get(width), add, ...set(end)],
    ...[0x03, 0x40, ...accumulate(low, 0), ...accumulate(high, 16), ...step(rows, 16), ...step(at, 32)],
    ...[...get(rows), ...get(end), 0x49, 0x0d, 0, 0x0b], // again while rows < end
    ...[...get(out), ...lane(0), ...lane(1), add, ...lane(2), add, ...lane(3), add, 0x36, 2, 0],
    ...[...step(out, 4), ...step(count, -1), 0x0c, 0, 0x0b, 0x0b, 0x0b],
  ];
  const [i32, v128] = [0x7f, 0x7b];
  const locals = [2, 2, i32, 1, v128];
  const body = [...locals, ...code];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 5, i32, i32, i32, i32, i32, 0]),
    ...section(2, [1, ...name("env"), ...name("memory"), 0x02, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("scan"), 0x00, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** LEB128 of a number from −64 to 63. */
function signed(value: number): number[] {
  return [value & 127];
}
