import { expect, test } from "vitest";
import { codedColorSpace } from "../../../src/video/coded-colours.ts";
import { readSequenceParameters } from "../../../src/video/h264-parameters.ts";

const read = (hex: string) => readSequenceParameters(Uint8Array.from(Buffer.from(hex, "hex")));

// Sets written by x264; right values: ffprobe -show_streams of their files.
const matrixOnly = "6764000aacd94426c05b810100a000000300200000030281e244b2c0";
const gbr = "67f4000a91d64109b016e0404008000003000800000300a078913240";
const bare = "6764000aace41899";
const interlaced = "67640015acd941410fcb808800000300080000030190f8a14cb0";
const cropped = "6764000aacd94427349c0440000003004000000503c4896580";

test("a parameter set tells size, fields and colours", () => {
  const told = { primaries: 2, transfer: 2, fullRange: true };
  expect(read(matrixOnly)).toMatchObject({ width: 64, height: 64, fields: false, colours: { ...told, matrix: 1 } });
  expect(read(gbr)).toMatchObject({ width: 64, height: 64, colours: { ...told, matrix: 0 } });
  expect(read(bare)).toMatchObject({ width: 96, height: 64, colours: null });
  expect(read(interlaced)).toMatchObject({ width: 320, height: 240, fields: true, colours: null });
  expect(read(cropped)).toMatchObject({ width: 54, height: 58, left: 10, top: 6 });
  expect(read(bare.slice(0, 12))).toBeNull();
});

test("colours get the names that WebCodecs has for them", () => {
  const coded = { primaries: 2, transfer: 2, matrix: 2, fullRange: false };
  expect(codedColorSpace(coded)).toBeNull();
  expect(codedColorSpace({ ...coded, fullRange: true })).toEqual({ fullRange: true });
  expect(codedColorSpace({ ...coded, matrix: 1 })).toEqual({ matrix: "bt709", fullRange: false });
  const rgb = { matrix: "rgb", fullRange: true, primaries: "bt709", transfer: "iec61966-2-1" };
  expect(codedColorSpace({ ...coded, matrix: 0, fullRange: true })).toEqual(rgb);
});
