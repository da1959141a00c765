import type { VisionConfig } from "../model/config.ts";

type Filter = { readonly support: number; weight(x: number): number };

const filters: Readonly<Record<VisionConfig["resample"], Filter>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic with a = −0.5. */
function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** One axis of a resize: `table` is [kept, 2 + taps] and a row holds the first input pixel, the number of weights, and the weights times 2²². */
export type ResampleWeights = { readonly taps: number; readonly table: Int32Array };

/**
 * Weights of a resize from `inSize` to `outSize` pixels as Pillow computes them (`Resample.c`): in f64, the filter
 * widened by the downscale factor, normalised to 1, rounded to 22 bits. Equal sizes give the identity.
 *
 * @param window which of the output's pixels are wanted; all unless given
 */
export function resampleWeights(
  inSize: number,
  outSize: number,
  resample: VisionConfig["resample"],
  window = { begin: 0, count: outSize },
): ResampleWeights {
  const filter = filters[resample];
  const scale = inSize / outSize;
  const widening = Math.max(scale, 1);
  const support = filter.support * widening;
  const taps = Math.ceil(support) * 2 + 1;
  const table = new Int32Array(window.count * (taps + 2));
  for (let out = 0; out < window.count; out++) {
    const center = (window.begin + out + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inSize, Math.trunc(center + support + 0.5));
    const weights: number[] = [];
    for (let x = first; x < end; x++) weights.push(filter.weight((x - center + 0.5) * (1 / widening)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    table.set([first, end - first, ...weights.map((weight) => quantize(weight / sum))], out * (taps + 2));
  }
  return { taps, table };
}

/** Rounded half away from zero, as C's cast after ±0.5 does. */
function quantize(weight: number): number {
  return Math.trunc(weight * 2 ** 22 + (weight < 0 ? -0.5 : 0.5));
}
