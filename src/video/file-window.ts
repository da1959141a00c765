/** Bytes that are read at once where the file is read here and there; and where it is read through. */
const [leastBytes, mostBytes] = [1 << 16, 1 << 22];

/**
 * The part of a file that was read last. A read costs about as much for one byte as for many thousands: while one part is wanted after the other,
 * ever larger ones are read ahead.
 */
export class FileWindow {
  readonly #file: Blob;
  #view = new DataView(new ArrayBuffer(0));
  #start = 0;
  #ahead = leastBytes;

  constructor(file: Blob) {
    this.#file = file;
  }

  /** Whether [start, end) of the file can be had without reading; of what lies behind its end there is nothing to read. */
  holds(start: number, end: number): boolean {
    return start >= this.#start && Math.min(end, this.#file.size) <= this.#start + this.#view.byteLength;
  }

  /** Reads [start, end), and what follows if it is likely to be wanted. */
  async load(start: number, end: number): Promise<void> {
    const next = start - (this.#start + this.#view.byteLength);
    this.#ahead = Math.abs(next) < this.#ahead ? Math.min(mostBytes, this.#ahead * 4) : leastBytes;
    this.#view = new DataView(await this.#file.slice(start, Math.max(end, start + this.#ahead)).arrayBuffer());
    this.#start = start;
  }

  /** The bytes [start, end) of a part that it holds; fewer where the file ends before. */
  view(start: number, end: number): DataView {
    const from = start - this.#start;
    const length = Math.max(0, Math.min(end - start, this.#view.byteLength - from));
    return new DataView(this.#view.buffer, from, length);
  }
}
