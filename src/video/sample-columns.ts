import type { PacketIndex } from "./packet-index.ts";

/** More samples than a day of video has at 120 frames a second; a table that tells of more is damaged. */
const maxSamples = 20_000_000;

/** One sample as tables tell it, times in units of the track's timescale; `format` counts from 0. */
export type Sample = {
  readonly time: number;
  readonly duration: number;
  readonly key: boolean;
  readonly size: number;
  readonly format: number;
  readonly offset: number;
};

/** Samples in decode order, column by column: hours of video have millions. */
export class SampleColumns {
  length = 0;
  #time = new Float64Array(0);
  #duration = new Float64Array(0);
  #size = new Float64Array(0);
  #offset = new Float64Array(0);
  #key = new Uint8Array(0);
  #format = new Uint8Array(0);

  /** Takes the next sample. One without bytes only tells that the one before stays, and decoders take it for the end: it is left out. */
  add({ time, duration, key, size, format, offset }: Sample): void {
    if (size === 0) return;
    if (this.length === this.#time.length) this.#grow();
    const at = this.length++;
    this.#time[at] = time;
    this.#duration[at] = duration;
    this.#size[at] = size;
    this.#offset[at] = offset;
    this.#key[at] = key ? 1 : 0;
    this.#format[at] = format;
  }

  /** The columns of an index, its times in microseconds on a timeline that lies `shift` later than the samples' own. */
  toIndex(
    timescale: number,
    shift: number,
  ): Pick<PacketIndex, "pts" | "duration" | "key" | "size" | "format"> & { readonly offset: Float64Array } {
    const n = this.length;
    return {
      pts: this.#time.slice(0, n).map((time) => (time / timescale) * 1e6 + shift),
      duration: this.#duration.slice(0, n).map((duration) => (duration / timescale) * 1e6),
      key: this.#key.slice(0, n),
      size: this.#size.slice(0, n),
      format: this.#format.slice(0, n),
      offset: this.#offset.slice(0, n),
    };
  }

  #grow(): void {
    if (this.length >= maxSamples) throw new RangeError(`more than ${maxSamples} samples`);
    const length = Math.max(1024, this.length * 2);
    const longer = <T extends Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(column: T, empty: T): T => {
      empty.set(column);
      return empty;
    };
    this.#time = longer(this.#time, new Float64Array(length));
    this.#duration = longer(this.#duration, new Float64Array(length));
    this.#size = longer(this.#size, new Float64Array(length));
    this.#offset = longer(this.#offset, new Float64Array(length));
    this.#key = longer(this.#key, new Uint8Array(length));
    this.#format = longer(this.#format, new Uint8Array(length));
  }
}
