import { describe, expect, it } from "vitest";
import { float32ToHalf, halfToFloat32 } from "../../../src/model/half.ts";
import { dequantise, isQuantisable, quantise } from "../../../src/model/quantised.ts";
import { randomFloats } from "../../close.ts";

const half = (value: number) => halfToFloat32(float32ToHalf(Float32Array.of(value)))[0] as number;

/** Rows of 64 whose groups differ in size by powers of 10, one of them all zero, one with ties, one of subnormal scales. */
function hardValues(): Float32Array {
  const values = randomFloats(6 * 64, 1);
  values.forEach((value, index) => {
    values[index] = value * 10 ** ((Math.floor(index / 32) % 9) - 5);
  });
  values.fill(0, 32, 64);
  for (let i = 0; i < 32; i++) values[64 + i] = (i - 16) / 2;
  for (let i = 0; i < 32; i++) values[96 + i] = (i - 16) * 2e-6;
  return values;
}

/** The nearest whole number, the even one of two as near. */
function nearest(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** A group's whole numbers and its scale, where its largest weight becomes `target`. */
function plainGroup(group: readonly number[], target: number, limit: number) {
  return rounded(group, half(Math.fround(Math.max(...group.map(Math.abs)) / target)), limit);
}

/** The same with the scale by which those numbers come nearest: Σ q·w / Σ q². */
function fittedGroup(group: readonly number[], target: number, limit: number) {
  const { numbers, scale } = plainGroup(group, target, limit);
  const products = group.reduce((sum, value, i) => sum + (numbers[i] as number) * value, 0);
  const squares = numbers.reduce((sum, q) => sum + q * q, 0);
  return rounded(group, squares === 0 ? scale : half(Math.fround(products / squares)), limit);
}

function rounded(group: readonly number[], scale: number, limit: number) {
  const numbers = group.map((value) =>
    scale === 0 ? 0 : Math.max(-limit, Math.min(limit, nearest(value * (1 / scale)))),
  );
  const error = group.reduce((sum, value, i) => sum + (value - (numbers[i] as number) * scale) ** 2, 0);
  return { scale, numbers, error };
}

/** The definition, group by group. */
function plain(values: Float32Array, format: "int8" | "int4") {
  return Array.from({ length: values.length / 32 }, (_, index) => {
    const group = [...values.subarray(index * 32, index * 32 + 32)];
    if (format === "int8") return plainGroup(group, 127, 127);
    const tried = [7, 7.5, 8].map((target) => fittedGroup(group, target, 7));
    return tried.reduce((best, other) => (other.error < best.error ? other : best));
  });
}

describe("quantised weights", () => {
  it("in int8 are the nearest multiples of their group's scale", () => {
    const values = hardValues();
    const { data, scale } = quantise(values, 64, "int8");
    const groups = plain(values, "int8");
    expect([...halfToFloat32(scale)]).toEqual(groups.map((group) => group.scale));
    expect([...new Int8Array(data.buffer)]).toEqual(groups.flatMap(({ numbers }) => numbers.map((q) => q + 0)));
  });

  it("in int4 lie in pairs in a byte, the first in its low half, and have the best of three fitted scales", () => {
    const values = hardValues();
    const { data, scale } = quantise(values, 64, "int4");
    const groups = plain(values, "int4");
    const expected = groups.flatMap(({ numbers }) => numbers.map((q) => q + 8));
    expect([...halfToFloat32(scale)]).toEqual(groups.map((group) => group.scale));
    expect([...data].flatMap((byte) => [byte & 15, byte >> 4])).toEqual(expected);
    expect(new Set(groups.map(({ numbers }) => Math.max(...numbers.map(Math.abs))))).toContain(7);
  });

  it("are as far off as numbers of 8 and of 4 bits must be", () => {
    const values = randomFloats(64 * 320, 7);
    for (const [format, steps] of [
      ["int8", 127],
      ["int4", 7],
    ] as const) {
      const quantised = quantise(values, 320, format);
      const found = dequantise(quantised, format);
      const largest = Math.max(...found.map((value, i) => Math.abs(value - (values[i] as number))));
      expect(largest).toBeLessThan(1 / (2 * steps) + 0.001 + (format === "int4" ? 0.06 : 0)); // what is cut off at 7 of 8
      const square = (all: Float32Array) => Math.sqrt(all.reduce((sum, value) => sum + value ** 2, 0) / all.length);
      const error = square(found.map((value, i) => value - (values[i] as number))) / square(values);
      expect(error).toBeLessThan(0.5 / steps);
      expect(error).toBeGreaterThan(0.3 / steps);
      expect([quantised.data.length, quantised.scale.length]).toEqual([64 * (format === "int8" ? 320 : 160), 640]);
    }
  });

  it("come back exactly where they are multiples of a scale already", () => {
    const numbers = Float32Array.from({ length: 512 }, (_, i) => ((i % 15) - 7) / 4);
    expect(dequantise(quantise(numbers, 64, "int4"), "int4")).toEqual(numbers);
    const fine = Float32Array.from({ length: 510 + 2 }, (_, i) => (i % 32 === 0 ? 127 : (i % 255) - 127) / 64);
    expect(dequantise(quantise(fine, 512, "int8"), "int8")).toEqual(fine);
  });

  it("are refused where one is infinite or not a number", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const values = randomFloats(64, 1);
      values[40] = value;
      for (const format of ["int8", "int4"] as const) {
        expect(() => quantise(values, 64, format)).toThrow(expect.objectContaining({ code: "ModelCorrupt" }));
      }
    }
  });
});

it("only linear layers of the language model whose rows are whole groups are quantised", () => {
  const yes = [
    "head.weight",
    "blocks.0.att.gate.weight",
    "blocks.23.ffn.receptance.weight",
    "blocks.7.ffn.value.weight",
  ];
  for (const name of yes) expect(isQuantisable(name, [64, 96])).toBe(true);
  for (const name of yes) expect(isQuantisable(name, [96, 35])).toBe(false);
  const no = ["emb.weight", "blocks.0.ln1.weight", "blocks.0.att.time_maa_w1", "blocks.0.att.ln_x.weight"];
  for (const name of [...no, "vision_model.blocks.0.att.key.weight", "connector.0.weight", "head.weight.scale"]) {
    expect(isQuantisable(name, [64, 64])).toBe(false);
  }
  expect(isQuantisable("blocks.0.att.key.weight", [64])).toBe(false);
});
