import type { CodedColours } from "./h264-parameters.ts";

const primaries: Record<number, string> = { 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432" };
const transfers: Record<number, string> = {
  1: "bt709",
  6: "smpte170m",
  8: "linear",
  13: "iec61966-2-1",
  14: "bt709",
  15: "bt709",
  16: "pq",
  18: "hlg",
};
const matrices: Record<number, string> = {
  0: "rgb",
  1: "bt709",
  5: "bt470bg",
  6: "smpte170m",
  9: "bt2020-ncl",
  10: "bt2020-ncl",
};

/** The name of a matrix that WebCodecs has none for, by its code point; null for others. */
export function unnamedMatrix(code: number | undefined): "smpte240m" | null {
  return code === 7 ? "smpte240m" : null;
}

/** A colour space by its code points (ITU-T H.273); null where WebCodecs has no name for any of them and the range is the usual one. */
export function codedColorSpace(coded: CodedColours): VideoColorSpaceInit | null {
  const named = Object.entries({
    primaries: primaries[coded.primaries],
    transfer: transfers[coded.transfer],
    matrix: matrices[coded.matrix],
  }).filter(([, name]) => name !== undefined);
  if (named.length === 0 && !coded.fullRange) return null;
  return withRgbMark({ ...Object.fromEntries(named), fullRange: coded.fullRange } as VideoColorSpaceInit);
}

/**
 * The colour space of R, G and B in the planes of Y, U and V with sRGB's transfer, as VP9 and AV1 have it: Chromium's frames have no name for
 * that matrix, so that the transfer is what they can be told by (`frameTags` of `vision/color-conversion.ts`). Others are returned as they are.
 */
export function withRgbMark(space: VideoColorSpaceInit): VideoColorSpaceInit {
  if (space.matrix !== "rgb" || /^(pq|hlg)$/.test(space.transfer ?? "")) return space;
  return {
    primaries: space.primaries ?? "bt709",
    transfer: "iec61966-2-1",
    matrix: "rgb",
    fullRange: space.fullRange ?? true,
  };
}
