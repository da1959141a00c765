import { randomFloats } from "./close.ts";

/** Repeatable bytes of which about half are 0 or 255, so that filters with negative lobes overshoot. */
export function extremeBytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from(randomFloats(length, seed, 256), (value) => Math.min(255, Math.max(0, value + 128)));
}

/** R, G, B bytes as one u32 a pixel. */
export function packPixels(bytes: Uint8Array): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 3 }, (_, i) => {
    const [red = 0, green = 0, blue = 0] = bytes.subarray(i * 3, i * 3 + 3);
    return red | (green << 8) | (blue << 16);
  });
}

/** The opposite of `packPixels`. */
export function unpackPixels(words: Uint32Array): Uint8Array {
  return Uint8Array.from({ length: words.length * 3 }, (_, i) => (words[Math.floor(i / 3)] ?? 0) >> (8 * (i % 3)));
}
