import { describe, expect, test } from "vitest";
import { float32ToHalf, halfToFloat32, toFloat32, toHalfBits } from "../../../src/model/half.ts";

const allHalves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const isNaNHalf = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

/** The value of an f16 straight from its definition (IEEE 754-2019 §3.4). */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

describe("f16 to f32", () => {
  test("is exact for all 65536 values", () => {
    const values = halfToFloat32(allHalves);
    for (const bits of allHalves) {
      if (!Object.is(values[bits], halfValue(bits))) expect(values[bits], `bits ${bits}`).toBe(halfValue(bits));
    }
    expect(values).toHaveLength(65536);
  });
});

describe("f32 to f16", () => {
  test("gives back every f16, NaNs as NaN", () => {
    const bits = float32ToHalf(halfToFloat32(allHalves));
    const wrong = [...allHalves].filter((half) =>
      isNaNHalf(half) ? !isNaNHalf(bits[half] ?? 0) : bits[half] !== half,
    );
    expect(wrong).toEqual([]);
  });

  test("rounds to the nearest, and half-way to even, between all neighbours", () => {
    // From each finite f16 to the next larger one; the last step leads to 2¹⁶, where infinity begins.
    for (let bits = 0; bits < 0x7c00; bits++) {
      const low = halfValue(bits);
      const high = bits === 0x7bff ? 65536 : halfValue(bits + 1);
      const middle = (low + high) / 2;
      const below = middle - (high - low) / 1024;
      const above = middle + (high - low) / 1024;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const positive = [...float32ToHalf(Float32Array.of(low, below, middle, above))];
      const negative = [...float32ToHalf(Float32Array.of(-low, -below, -middle, -above))];
      const expected = [bits, bits, even, bits + 1];
      if (positive.join() !== expected.join()) expect(positive, `after ${low}`).toEqual(expected);
      if (negative.join() !== expected.map((half) => half | 0x8000).join()) expect(negative).toEqual(expected);
    }
  });

  test("takes the extremes of f32", () => {
    const values = Float32Array.of(3.4e38, -3.4e38, 1e-45, -1e-45, Number.POSITIVE_INFINITY, 0, -0, Number.NaN);
    const expected = [0x7c00, 0xfc00, 0, 0x8000, 0x7c00, 0, 0x8000, 0x7e00];
    expect([...float32ToHalf(values)]).toEqual(expected);
  });
});

describe("tensors of each type", () => {
  const values = Float32Array.of(1, -2.5, 0.333251953125, 65504, 2 ** -24, 0);
  const halves = Uint16Array.of(0x3c00, 0xc100, 0x3555, 0x7bff, 0x0001, 0);
  const shape = [2, 3];

  test("F32", () => {
    const tensor = { shape, dtype: "F32", bytes: new Uint8Array(values.buffer) } as const;
    expect(toFloat32(tensor)).toEqual(values);
    expect(toHalfBits(tensor)).toEqual(halves);
  });

  test("F16, also at an odd place in a file", () => {
    const file = new Uint8Array(13);
    file.set(new Uint8Array(halves.buffer), 1);
    const tensor = { shape, dtype: "F16", bytes: file.subarray(1) } as const;
    expect(toFloat32(tensor)).toEqual(values);
    expect(toHalfBits(tensor)).toEqual(halves);
  });

  test("BF16: all 65536 values are the upper halves of f32", () => {
    const bytes = new Uint8Array(allHalves.slice().buffer);
    const found = toFloat32({ shape: [65536], dtype: "BF16", bytes });
    const view = new DataView(new ArrayBuffer(4));
    for (const bits of allHalves) {
      view.setUint16(0, bits);
      const expected = view.getFloat32(0);
      if (!Object.is(found[bits], expected)) expect(found[bits], `bits ${bits}`).toBe(expected);
    }
  });

  test("BF16 to f16 is exact in the normal range, and rounds below it", () => {
    const bits = Uint16Array.of(0x3f80, 0xc020, 0x3880, 0x3381, 0x7f00);
    const tensor = { shape: [5], dtype: "BF16", bytes: new Uint8Array(bits.buffer) } as const;
    // 1, −2.5, 2⁻¹⁴, just above 2⁻²⁴, 1.7e38
    expect([...toHalfBits(tensor)]).toEqual([0x3c00, 0xc100, 0x0400, 0x0001, 0x7c00]);
  });
});
