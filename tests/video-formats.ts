import { extremeBytes } from "./rgb.ts";

/** Every `VideoPixelFormat` of WebCodecs. */
export const formats = [
  ...["I420", "I422", "I444"].flatMap((name) => ["", "A"].flatMap((a) => ["", "P10", "P12"].map((p) => name + a + p))),
  ...["NV12", "RGBA", "RGBX", "BGRA", "BGRX"],
];

/** Planes of a frame as `VideoFrame.copyTo` lays them out; rows are `gap` bytes longer than needed. */
export function planesOf(format: string, width: number, height: number, gap = 0) {
  const sampleBytes = /P1[02]$/.test(format) ? 2 : 1;
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const chroma = format.startsWith("I420")
    ? [halfWidth, halfHeight]
    : format.startsWith("I422")
      ? [halfWidth, height]
      : [width, height];
  const alpha = /^I4\d\dA/.test(format) ? [[width, height]] : [];
  const sizes = /^(RGB|BGR)/.test(format)
    ? [[width * 4, height]]
    : format === "NV12"
      ? [
          [width, height],
          [halfWidth * 2, halfHeight],
        ]
      : [[width, height], chroma, chroma, ...alpha];
  let byteLength = 0;
  const planes = sizes.map(([across = 0, down = 0]) => {
    const plane = { offset: byteLength, stride: across * sampleBytes + gap };
    byteLength += plane.stride * down;
    return plane;
  });
  return { planes, byteLength };
}

/** Repeatable samples, many of them at both ends of the format's range. */
export function fillSamples(format: string, byteLength: number, seed: number): Uint8Array {
  const bits = format.endsWith("P10") ? 10 : format.endsWith("P12") ? 12 : 8;
  const bytes = extremeBytes(byteLength, seed);
  if (bits === 8) return bytes;
  const fine = extremeBytes(byteLength, seed + 1);
  const samples = Uint16Array.from({ length: byteLength / 2 }, (_, i) => {
    return ((bytes[i] ?? 0) << (bits - 8)) | ((fine[i] ?? 0) & ((1 << (bits - 8)) - 1));
  });
  return new Uint8Array(samples.buffer);
}
