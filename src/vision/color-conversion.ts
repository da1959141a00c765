import type { ColorConversion } from "../kernels/frame-to-rgb.ts";

/** What a frame says of its colours, in the names of WebCodecs, and `smpte240m` (`video/as-stated.ts`); null where it does not say. */
type ColorTags = {
  readonly matrix: string | null;
  readonly transfer: string | null;
  readonly fullRange: boolean | null;
};

/**
 * What a frame says of its colours, mended: Chromium has no name for R, G and B in the planes of Y, U and V, which are of one size and come
 * with sRGB's transfer then (VP9 and AV1 require it, `video/coded-colours.ts` tells it of H.264).
 */
export function frameTags(format: string, { matrix, transfer, fullRange }: ColorTags): ColorTags {
  const isRgb = matrix === null && transfer === "iec61966-2-1" && fullRange === true && format.startsWith("I444");
  return { matrix: isRgb ? "rgb" : matrix, transfer, fullRange };
}

/** Weights of red and blue in luma. */
const lumaWeights: Readonly<Record<string, readonly [number, number]>> = {
  bt709: [0.2126, 0.0722],
  bt470bg: [0.299, 0.114],
  smpte170m: [0.299, 0.114],
  smpte240m: [0.212, 0.087],
  "bt2020-ncl": [0.2627, 0.0593],
};

const one = 2 ** 20;

/**
 * R, G and B of 8 bits each: as they are, but for HDR, which some browsers hand out as RGB that still carries its own
 * transfer.
 */
export function rgbConversion(tags: Pick<ColorTags, "transfer">): ColorConversion {
  return { matrix: withConstants(identity(one), [0, 0, 0]), transfer: transferOf(tags) };
}

function transferOf({ transfer }: Pick<ColorTags, "transfer">): ColorConversion["transfer"] {
  return transfer === "pq" || transfer === "hlg" ? transfer : "sdr";
}

/**
 * Conversion of Y′CbCr samples of `bits` bits to 8-bit R′G′B′ (ITU-R BT.601, BT.709, BT.2020; ranges as in BT.2100).
 * Untagged frames count as BT.601 in limited range. Coefficients are rounded to 2⁻²⁰ and the constants follow
 * from the rounded ones, so that grey stays exactly grey. SDR of any primaries and transfer is taken as it is.
 */
export function yuvConversion(tags: ColorTags, bits: number): ColorConversion {
  const full = tags.fullRange ?? false;
  const top = 2 ** bits - 1;
  const unit = 2 ** (bits - 8);
  const luma = one * (255 / (full ? top : 219 * unit));
  const chroma = one * (255 / (full ? top : 224 * unit));
  const lumaZero = full ? 0 : 16 * unit;
  const transfer = transferOf(tags);
  if (tags.matrix === "rgb") {
    // G, B, R in the planes of Y, U, V
    const rows = [0, 0, luma, luma, 0, 0, 0, luma, 0];
    return { matrix: withConstants(rows, [lumaZero, lumaZero, lumaZero]), transfer };
  }
  const [red, blue] = lumaWeights[tags.matrix ?? "smpte170m"] ?? [0.299, 0.114];
  const green = 1 - red - blue;
  const fromV = 2 * (1 - red) * chroma;
  const fromU = 2 * (1 - blue) * chroma;
  const rows = [...[luma, 0, fromV], ...[luma, -(fromU * blue) / green, -(fromV * red) / green], ...[luma, fromU, 0]];
  return { matrix: withConstants(rows, [lumaZero, 128 * unit, 128 * unit]), transfer };
}

function identity(value: number): number[] {
  return [value, 0, 0, 0, value, 0, 0, 0, value];
}

/** Rounds [3, 3] coefficients and appends to each row the constant that subtracts `zeros` and adds one half. */
function withConstants(rows: readonly number[], zeros: readonly [number, number, number]): number[] {
  const rounded = rows.map(Math.round);
  return [0, 3, 6].flatMap((at) => {
    const row = rounded.slice(at, at + 3);
    const constant = row.reduce((sum, coefficient, i) => sum - coefficient * (zeros[i] ?? 0), one / 2);
    return [...row, constant];
  });
}
