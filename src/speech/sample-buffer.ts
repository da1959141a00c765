/** Samples of a stream that are still needed, by their place in it. Appending costs what is appended, whatever is held. */
export class SampleBuffer {
  #samples = new Float32Array(1 << 16);
  #first = 0;
  #length = 0;

  /** Place of the sample that comes next. */
  get end(): number {
    return this.#first + this.#length;
  }

  append(more: Float32Array): void {
    const length = this.#length + more.length;
    if (length > this.#samples.length) {
      const larger = new Float32Array(Math.max(length, this.#samples.length * 2));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(more, this.#length);
    this.#length = length;
  }

  /** A view of [from, to), until the next change. */
  view(from: number, to: number): Float32Array<ArrayBuffer> {
    return this.#samples.subarray(from - this.#first, to - this.#first);
  }

  /** Gives up what lies before `first`. */
  drop(first: number): void {
    const count = Math.min(this.#length, Math.max(0, first - this.#first));
    if (count === 0) return;
    this.#samples.copyWithin(0, count, this.#length);
    this.#first += count;
    this.#length -= count;
  }
}
