import { expect, it } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readWords } from "../../src/gpu/tensor.ts";
import { createUniform } from "../../src/gpu/uniform.ts";
import {
  type ColorConversion,
  type FrameLayout,
  type FrameView,
  frameToRgb,
  frameToRgbParams,
} from "../../src/kernels/frame-to-rgb.ts";
import { rgbConversion, yuvConversion } from "../../src/vision/color-conversion.ts";
import { frameLayout } from "../../src/vision/frame-layout.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/frame-to-rgb.ts";
import { unpackPixels } from "../rgb.ts";
import { fillSamples, formats, planesOf } from "../video-formats.ts";

const pad = [10, 20, 30] as const;

async function convert(gpu: Gpu, bytes: Uint8Array, layout: FrameLayout, conversion: ColorConversion, view: FrameView) {
  const words = Math.ceil(layout.byteLength / 4);
  const planes = createTensor(gpu, "planes", [words], "u32", bytes.subarray(0, layout.byteLength));
  const picture = createTensor(gpu, "picture", [view.height, view.width], "u32");
  const params = createUniform(gpu, "params", frameToRgbParams(layout, conversion, view));
  const options = { ...view, transfer: conversion.transfer };
  runDispatches(gpu, [frameToRgb(gpu, { params, planes, picture }, options)]);
  const output = unpackPixels(await readWords(gpu, picture));
  for (const owned of [planes, picture, params]) owned.destroy();
  return output;
}

function layoutOf(format: string, width: number, height: number, gap = 0): FrameLayout {
  const layout = frameLayout(format, width, height, planesOf(format, width, height, gap).planes);
  if (!layout) throw new Error(`no layout for ${format}`);
  return layout;
}

it.each(formats)("converts %s in every rotation, mirrored, cut and padded", async (format) => {
  const gpu = await testGpu();
  const [width, height] = [13, 7];
  const layout = layoutOf(format, width, height, 6);
  const bytes = fillSamples(format, planesOf(format, width, height, 6).byteLength, 3);
  const tags = { matrix: "bt709", transfer: "bt709", fullRange: false };
  const conversion = /^(RGB|BGR)/.test(format) ? rgbConversion(tags) : yuvConversion(tags, layout.bits);
  for (const rotation of [0, 90, 180, 270] as const) {
    for (const [x, y, w, h, mirrored] of [
      [0, 0, 7, 7, false],
      [-3, 2, 19, 4, false],
      [-3, 2, 19, 4, true],
    ] as const) {
      const view = { x, y, width: w, height: h, rotation, mirrored, pad };
      const expected = reference.frameToRgb(bytes, layout, conversion, view);
      expect(await convert(gpu, bytes, layout, conversion, view)).toEqual(expected);
    }
  }
});

const cases = ["bt601", "smpte170m", "bt470bg", "bt709", "bt2020-ncl", null].flatMap((matrix) =>
  [true, false, null].map((fullRange) => [matrix, fullRange] as const),
);

it.each(cases)("stays within a step of the textbook's formula: %s, full range %s", async (matrix, fullRange) => {
  const gpu = await testGpu();
  for (const [format, bits] of [
    ["I444", 8],
    ["I444P10", 10],
    ["I444P12", 12],
  ] as const) {
    const [width, height] = [32, 16];
    const layout = layoutOf(format, width, height);
    const bytes = fillSamples(format, layout.byteLength, bits);
    const conversion = yuvConversion({ matrix, transfer: null, fullRange }, bits);
    const view = { x: 0, y: 0, width, height, rotation: 0, pad } as const;
    const output = await convert(gpu, bytes, layout, conversion, view);
    const samples = bits === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    let worst = 0;
    for (let i = 0; i < width * height; i++) {
      const yuv = [0, 1, 2].map((plane) => samples[plane * width * height + i] ?? 0);
      textbook(yuv, matrix, fullRange, bits).forEach((value, channel) => {
        worst = Math.max(worst, Math.abs(value - (output[i * 3 + channel] ?? 0)));
      });
    }
    expect(worst).toBeLessThan(0.51);
  }
});

/** R′G′B′ of BT.601, BT.709 and BT.2020 in floating point, clamped but not rounded. */
function textbook(yuv: readonly number[], matrix: string | null, fullRange: boolean | null, bits: number): number[] {
  const step = 1 << (bits - 8);
  const [y = 0, u = 0, v = 0] = yuv;
  const luma = fullRange ? y / (256 * step - 1) : (y / step - 16) / 219;
  const [cb = 0, cr = 0] = [u, v].map((c) =>
    fullRange ? (c - 128 * step) / (256 * step - 1) : (c / step - 128) / 224,
  );
  const rgb =
    matrix === "bt709"
      ? [luma + 1.5748 * cr, luma - 0.187324 * cb - 0.468124 * cr, luma + 1.8556 * cb]
      : matrix === "bt2020-ncl"
        ? [luma + 1.4746 * cr, luma - 0.164553 * cb - 0.571353 * cr, luma + 1.8814 * cb]
        : [luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb];
  return rgb.map((value) => Math.min(255, Math.max(0, 255 * value)));
}

it("takes G, B and R from the planes of a frame tagged rgb", async () => {
  const gpu = await testGpu();
  const layout = layoutOf("I444", 2, 1);
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const conversion = yuvConversion({ matrix: "rgb", transfer: null, fullRange: true }, 8);
  const view = { x: 0, y: 0, width: 2, height: 1, rotation: 0, pad } as const;
  expect([...(await convert(gpu, bytes, layout, conversion, view))]).toEqual([5, 1, 3, 6, 2, 4]);
});

it.each(["pq", "hlg"] as const)("tone-maps %s within a step of the reference", async (transfer) => {
  const gpu = await testGpu();
  const [width, height] = [64, 32];
  const layout = layoutOf("I420P10", width, height);
  const bytes = fillSamples("I420P10", layout.byteLength, 9);
  const conversion = yuvConversion({ matrix: "bt2020-ncl", transfer, fullRange: false }, 10);
  const view = { x: 0, y: 0, width, height, rotation: 0, pad } as const;
  const output = await convert(gpu, bytes, layout, conversion, view);
  const expected = reference.frameToRgb(bytes, layout, conversion, view);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - (output[i] ?? 0))))).toBeLessThanOrEqual(1);
  expect(new Set(output).size).toBeGreaterThan(100);
});

it.each(["pq", "hlg"] as const)("tone-maps %s that comes as RGB like the same picture as YUV", async (transfer) => {
  const gpu = await testGpu();
  const [width, height] = [64, 32];
  const view = { x: 0, y: 0, width, height, rotation: 0, pad } as const;
  const tags = { matrix: "bt2020-ncl", transfer, fullRange: false };
  const yuv = layoutOf("I444", width, height);
  const bytes = fillSamples("I444", yuv.byteLength, 9);
  // What a browser makes of it that converts, and leaves the transfer as it is.
  const signal = await convert(gpu, bytes, yuv, { ...yuvConversion(tags, 8), transfer: "sdr" }, view);
  const packed = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++)
    packed.set(
      [2, 1, 0].map((c) => signal[i * 3 + c] ?? 0),
      i * 4,
    );
  const rgb = await convert(gpu, packed, layoutOf("BGRX", width, height), rgbConversion(tags), view);
  const expected = reference.frameToRgb(packed, layoutOf("BGRX", width, height), rgbConversion(tags), view);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - (rgb[i] ?? 0))))).toBeLessThanOrEqual(1);
  // The 8 bits between cost some steps where the curve is steep.
  const direct = await convert(gpu, bytes, yuv, yuvConversion(tags, 8), view);
  const apart = rgb.map((value, i) => Math.abs(value - (direct[i] ?? 0)));
  expect(apart.reduce((sum, value) => sum + value, 0) / apart.length).toBeLessThan(1);
  expect(rgbConversion({ transfer: "bt709" }).transfer).toBe("sdr");
});

it("maps HDR black, reference white and peak to where SDR has them", async () => {
  const gpu = await testGpu();
  const layout = layoutOf("I444P10", 3, 1);
  const grey = [64, Math.round(64 + 876 * 0.5807), Math.round(64 + 876 * 0.7518)]; // 0, 203 and 1000 nits in PQ
  const bytes = new Uint8Array(Uint16Array.from([...grey, 512, 512, 512, 512, 512, 512]).buffer);
  const conversion = yuvConversion({ matrix: "bt2020-ncl", transfer: "pq", fullRange: false }, 10);
  const view = { x: 0, y: 0, width: 3, height: 1, rotation: 0, pad } as const;
  const output = await convert(gpu, bytes, layout, conversion, view);
  const [black = 0, white = 0, peak = 0] = [0, 3, 6].map((i) => output[i]);
  expect(black).toBe(0);
  expect(white).toBeGreaterThan(220);
  expect(white).toBeLessThan(245);
  expect(peak).toBeGreaterThanOrEqual(254);
});

it("keeps grey exactly grey in limited range", async () => {
  const gpu = await testGpu();
  const layout = layoutOf("I444", 256, 1);
  const bytes = new Uint8Array(768).fill(128);
  for (let y = 0; y < 256; y++) bytes[y] = y;
  const view = { x: 0, y: 0, width: 256, height: 1, rotation: 0, pad } as const;
  const conversion = yuvConversion({ matrix: "bt709", transfer: null, fullRange: null }, 8);
  const output = await convert(gpu, bytes, layout, conversion, view);
  for (let y = 0; y < 256; y++) {
    const value = Math.round(Math.min(255, Math.max(0, ((y - 16) * 255) / 219)));
    expect([...output.subarray(y * 3, y * 3 + 3)]).toEqual([value, value, value]);
  }
});

it("does not know formats that are not in the standard", () => {
  expect(frameLayout("I440", 2, 2, planesOf("I444", 2, 2).planes)).toBeNull();
});
