import type { ColorConversion, FrameLayout, FrameView } from "../../src/kernels/frame-to-rgb.ts";

type Rgb = readonly [number, number, number];

/** Twin of the kernel: `view` of a frame's raw bytes as R, G, B bytes, row by row. */
export function frameToRgb(
  bytes: Uint8Array,
  layout: FrameLayout,
  conversion: ColorConversion,
  view: FrameView,
): Uint8Array {
  const upright = rotate(decode(bytes, layout, conversion), layout.width, layout.height, view.rotation);
  const output: number[] = [];
  for (let y = view.y; y < view.y + view.height; y++) {
    for (let x = view.x; x < view.x + view.width; x++) {
      const inside = x >= 0 && y >= 0 && x < upright.width && y < upright.height;
      const column = view.mirrored ? upright.width - 1 - x : x;
      output.push(...((inside ? upright.pixels[y * upright.width + column] : undefined) ?? view.pad));
    }
  }
  return Uint8Array.from(output);
}

/** Turns a picture clockwise, a quarter at a time. */
function rotate(pixels: readonly Rgb[], width: number, height: number, degrees: number) {
  let turned = { pixels, width, height };
  for (let quarter = 0; quarter < degrees / 90; quarter++) {
    const from = turned;
    turned = {
      width: from.height,
      height: from.width,
      pixels: from.pixels.map((_, i) => {
        const [x, y] = [i % from.height, Math.floor(i / from.height)];
        return from.pixels[(from.height - 1 - x) * from.width + y] as Rgb;
      }),
    };
  }
  return turned;
}

function decode(bytes: Uint8Array, layout: FrameLayout, { matrix, transfer }: ColorConversion): Rgb[] {
  const pixels: Rgb[] = [];
  for (let y = 0; y < layout.height; y++) {
    for (let x = 0; x < layout.width; x++) {
      const samples = layout.components.map(({ offset, stride, step }, i) => {
        const [shiftX, shiftY] = i === 0 ? [0, 0] : layout.chromaShift;
        const at = offset + (y >> shiftY) * stride + (x >> shiftX) * step;
        return (bytes[at] ?? 0) + (layout.bits === 8 ? 0 : 256 * (bytes[at + 1] ?? 0));
      });
      const fixed = [0, 4, 8].map((row) =>
        samples.reduce((sum, sample, i) => sum + sample * (matrix[row + i] ?? 0), matrix[row + 3] ?? 0),
      );
      const rgb =
        transfer === "sdr"
          ? fixed.map((value) => Math.min(255, Math.max(0, Math.floor(value / 2 ** 20))))
          : toneMap(
              fixed.map((value) => Math.min(1, Math.max(0, (value - 2 ** 19) / 2 ** 20 / 255))),
              transfer,
            );
      pixels.push([rgb[0] ?? 0, rgb[1] ?? 0, rgb[2] ?? 0]);
    }
  }
  return pixels;
}

/** SMPTE ST 2084. */
const pq = {
  m1: 2610 / 16384,
  m2: (2523 / 4096) * 128,
  c1: 3424 / 4096,
  c2: (2413 / 4096) * 32,
  c3: (2392 / 4096) * 32,
};

function pqToNits(signal: number): number {
  const e = signal ** (1 / pq.m2);
  return 10000 * (Math.max(e - pq.c1, 0) / (pq.c2 - pq.c3 * e)) ** (1 / pq.m1);
}

function nitsToPq(nits: number): number {
  const y = (nits / 10000) ** pq.m1;
  return ((pq.c1 + pq.c2 * y) / (1 + pq.c3 * y)) ** pq.m2;
}

/** BT.2100 HLG's inverse OETF. */
function hlgToScene(signal: number): number {
  const a = 0.17883277;
  const b = 1 - 4 * a;
  const c = 0.5 - a * Math.log(4 * a);
  return signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - c) / a) + b) / 12;
}

/** PQ or HLG signals 0…1 to 8-bit sRGB: BT.2390's EETF from 1000 to 203 nits on the largest channel. */
function toneMap(signal: readonly number[], transfer: "pq" | "hlg"): number[] {
  const scene = signal.map(hlgToScene);
  const luminance = [0.2627, 0.678, 0.0593].reduce((sum, weight, i) => sum + weight * (scene[i] ?? 0), 0);
  const nits = transfer === "pq" ? signal.map(pqToNits) : scene.map((light) => 1000 * luminance ** 0.2 * light);
  const largest = Math.max(...nits, 1e-6);
  const wide = nits.map((light) => ((light / largest) * compress(largest)) / 203);
  const toBt709 = [
    [1.660491, -0.587641, -0.07285],
    [-0.12455, 1.1329, -0.008349],
    [-0.018151, -0.100579, 1.11873],
  ];
  return toBt709.map((row) => {
    const light = Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, i) => sum + weight * (wide[i] ?? 0), 0),
      ),
    );
    return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
  });
}

function compress(nits: number): number {
  const peak = nitsToPq(1000);
  const most = nitsToPq(203) / peak;
  const knee = 1.5 * most - 0.5;
  const e = Math.min(1, nitsToPq(nits) / peak);
  if (e <= knee) return nits;
  const t = (e - knee) / (1 - knee);
  const spline =
    (2 * t ** 3 - 3 * t ** 2 + 1) * knee + (t ** 3 - 2 * t ** 2 + t) * (1 - knee) + (3 * t ** 2 - 2 * t ** 3) * most;
  return pqToNits(spline * peak);
}
