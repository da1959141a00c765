import { expect, test } from "vitest";
import { codecUnsupported, rareForm } from "../../../src/video/codec-support.ts";
import { readIsoIndex } from "../../../src/video/iso-index.ts";
import { sliceSource } from "../../../src/video/slice-source.ts";
import { vp9Codec, vp9Profile, withVp9Codec } from "../../../src/video/vp9.ts";
import { media } from "./media.ts";

/** The head of a key frame: marker, profile, sync code, depth. */
const header = (bits: string) => {
  const all = bits.replaceAll(" ", "").replace("S", sync).padEnd(64, "0");
  return Uint8Array.from({ length: 8 }, (_, i) => Number.parseInt(all.slice(8 * i, 8 * i + 8), 2));
};
const sync = "010010011000001101000010";

test.each([
  ["10 00 0 000 S", { profile: 0, bits: 8, is440: false }],
  ["10 10 0 000 S", { profile: 1, bits: 8, is440: false }],
  ["10 01 0 000 S 0", { profile: 2, bits: 10, is440: false }],
  ["10 01 0 000 S 1", { profile: 2, bits: 12, is440: false }],
  ["10 11 0 0 000 S 1", { profile: 3, bits: 12, is440: false }],
  ["10 10 0 000 S 001 0 00", { profile: 1, bits: 8, is440: false }], // 4:4:4
  ["10 10 0 000 S 001 0 01", { profile: 1, bits: 8, is440: true }],
  ["10 11 0 0 000 S 0 010 0 01", { profile: 3, bits: 10, is440: true }],
  ["10 00 0 100 S", null],
  ["10 00 1 000", null],
  ["01 00 0 000 S", null],
])("a frame's header tells profile and depth: %s", (bits, told) => {
  expect(vp9Profile(header(bits))).toEqual(told);
});

test("the level is the least that allows the picture, unless it is told", () => {
  expect(vp9Codec(0, 8, 96 * 64)).toBe("vp09.00.10.08");
  expect(vp9Codec(2, 10, 1920 * 1080)).toBe("vp09.02.40.10");
  expect(vp9Codec(0, 8, 1920 * 1080, 51)).toBe("vp09.00.51.08");
});

test("an MP4 without vpcC is told by its first frame", async () => {
  const bytes = new Uint8Array(await (await media("vp9-no-level.mp4")).arrayBuffer());
  const at = new TextDecoder("latin1").decode(bytes).indexOf("vpcC");
  bytes.set(new TextEncoder().encode("free"), at);
  const file = new Blob([bytes]);
  const source = sliceSource(file, await readIsoIndex(file));
  expect(source.index.formats[0]?.codec).toBe("vp09");
  expect((await withVp9Codec(source)).index.formats[0]?.codec).toMatch(/^vp09\.00\.\d\d\.08$/);
});

test("what a browser claims to decode and does not is told by its form", () => {
  const format = {
    sampleEntry: "",
    description: null,
    codedWidth: 64,
    codedHeight: 64,
    pixelAspect: 1,
    colorSpace: null,
  };
  const first = header("10 10 0 000 S 001 0 01");
  expect(rareForm({ ...format, codec: "vp09.01.10.08.01" }, first)).toBe("4:4:0");
  expect(rareForm({ ...format, codec: "vp09.00.10.08" }, header("10 00 0 000 S"))).toBeNull();
  expect(rareForm({ ...format, codec: "av01.2.00M.12" }, first)).toBe("12 bits");
  expect(rareForm({ ...format, codec: "av01.0.00M.10" }, first)).toBeNull();
  const { message } = codecUnsupported({ ...format, codec: "vp09.01.10.08.01" }, null, "4:4:0");
  expect(message).toMatch(
    /^This video is encoded with VP9 in a form \(4:4:0\), which this browser cannot decode\. .* to H\.264,/,
  );
});
