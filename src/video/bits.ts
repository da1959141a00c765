/** Reads bits, the highest of each byte first; past the end it gives zeros and has `failed`. */
export class BitReader {
  failed = false;
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  bit(): number {
    const byte = this.#bytes[this.at >> 3];
    if (byte === undefined) this.failed = true;
    return ((byte ?? 0) >> (7 - (this.at++ & 7))) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  /** An Exp-Golomb code. */
  ue(): number {
    let zeros = 0;
    while (this.bit() === 0 && !this.failed) zeros++;
    if (zeros > 32) this.failed = true;
    return this.failed ? 0 : 2 ** zeros - 1 + this.bits(zeros);
  }
}

/** Writes bits, the highest of each byte first. */
export class BitWriter {
  readonly #bits: number[] = [];

  copy(bytes: Uint8Array, count: number, from = 0): this {
    const reader = new BitReader(bytes, from);
    for (let i = 0; i < count; i++) this.#bits.push(reader.bit());
    return this;
  }

  bits(value: number, count: number): this {
    for (let i = count - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) % 2);
    return this;
  }

  ue(value: number): this {
    const length = 32 - Math.clz32(value + 1);
    return this.bits(0, length - 1).bits(value + 1, length);
  }

  /** Zeros, or ones, up to a whole byte. */
  align(fill = 0): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(fill);
    return this;
  }

  /** The bytes, with the bit that ends a NAL unit and zeros up to a whole byte. */
  finish(): Uint8Array {
    this.#bits.push(1);
    return this.bytes();
  }

  /** The bytes, with zeros up to a whole one. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, i) => {
      bytes[i >> 3] = (bytes[i >> 3] as number) | (bit << (7 - (i & 7)));
    });
    return bytes;
  }
}

/** A NAL unit's bytes without those that keep start codes out of it. */
export function withoutEmulation(unit: Uint8Array): Uint8Array {
  return unit.filter((byte, i) => !(byte === 3 && i > 1 && unit[i - 1] === 0 && unit[i - 2] === 0));
}

/** A NAL unit's bytes with those that keep start codes out of it. */
export function withEmulation(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
    out.push(byte);
  }
  return Uint8Array.from(out);
}
