import { expect, it } from "vitest";
import { isPcm, pcmBytes, readPcm } from "../../../src/audio/pcm.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

it.each([
  ["pcm-u8", bytes(0, 128, 255), [-1, 0, 127 / 128]],
  ["pcm-s8", bytes(128, 0, 127), [-1, 0, 127 / 128]],
  ["pcm-s16", bytes(0, 128, 0, 64), [-1, 0.5]],
  ["pcm-s16be", bytes(128, 0, 64, 0), [-1, 0.5]],
  ["pcm-s24", bytes(0, 0, 128, 1, 0, 64), [-1, 0.5 + 2 ** -23]],
  ["pcm-s24be", bytes(128, 0, 0, 64, 0, 1), [-1, 0.5 + 2 ** -23]],
  ["pcm-s32", bytes(0, 0, 0, 192), [-0.5]],
  ["pcm-s32be", bytes(192, 0, 0, 0), [-0.5]],
  ["pcm-f32", new Uint8Array(Float32Array.of(0.25, -2).buffer), [0.25, -2]],
  ["pcm-f64", new Uint8Array(Float64Array.of(0.25).buffer), [0.25]],
  // By the tables of ITU-T G.711, over 32768.
  ["ulaw", bytes(0x00, 0x80, 0xff, 0x7f), [-32124 / 32768, 32124 / 32768, 0, 0]],
  ["alaw", bytes(0x2a, 0xaa, 0xd5, 0x55), [-32256 / 32768, 32256 / 32768, 8 / 32768, -8 / 32768]],
])("%s", (codec, input, expected) => {
  expect(isPcm(codec)).toBe(true);
  const values = readPcm(input, codec);
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 6);
});

it("a value that is cut off is left out, and other codecs are not uncompressed", () => {
  expect(readPcm(bytes(0, 64, 7), "pcm-s16")).toEqual(Float32Array.of(0.5));
  expect(pcmBytes("pcm-s24be")).toBe(3);
  for (const codec of ["mp4a.40.2", "opus", "", "pcm-s12"]) expect(isPcm(codec)).toBe(false);
});
