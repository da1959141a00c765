import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { sniff } from "../../../src/video/sniff.ts";
import { joinPictures } from "../../../tools/apng.ts";
import { randomFloats } from "../../close.ts";
import { pngChunk, writePng } from "../../png.ts";

const [width, height] = [5, 3];
const pixels = (seed: number) => Uint8Array.from(randomFloats(width * height * 3, seed), (value) => 128 + 40 * value);
const picture = (seed: number, parts = 1) => ({
  path: `frame-00${seed}.png`,
  bytes: writePng(width, height, pixels(seed), parts),
});

/** The chunks of a PNG file; the checksums are verified. */
function chunksOf(file: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = 8; at < file.length; ) {
    const end = at + 8 + file.readUInt32BE(at);
    expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)));
    chunks.push({ type: file.toString("latin1", at + 4, at + 8), data: file.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

test("joined pictures keep their compressed pixels and last half a second each", () => {
  const pictures = [picture(0), picture(1, 3), picture(2)];
  const file = joinPictures(pictures, 2);
  expect(sniff(file)).toEqual({ kind: "moving-image", mimeType: "image/png" });
  const chunks = chunksOf(file);
  expect(chunks.map(({ type }) => type).join()).toBe("IHDR,acTL,fcTL,IDAT,fcTL,fdAT,fcTL,fdAT,IEND");
  expect(chunks[1]?.data.toString("hex")).toBe("00000003" + "00000001");

  const controls = chunks.filter(({ type }) => type === "fcTL");
  expect(controls.map(({ data }) => data.readUInt32BE(0))).toEqual([0, 1, 3]);
  for (const { data } of controls) {
    expect([4, 8, 12, 16].map((at) => data.readUInt32BE(at))).toEqual([width, height, 0, 0]);
    expect(data.subarray(20).toString("hex")).toBe("0001" + "0002" + "00" + "00");
  }
  const later = chunks.filter(({ type }) => type === "fdAT");
  expect(later.map(({ data }) => data.readUInt32BE(0))).toEqual([2, 4]);
  const kept = [chunks[3]?.data, ...later.map(({ data }) => data.subarray(4))];
  const given = pictures.map(({ bytes }) =>
    Buffer.concat(chunksOf(bytes).flatMap(({ type, data }) => (type === "IDAT" ? [data] : []))),
  );
  expect(kept).toEqual(given);
});

test("a palette that all pictures share is kept, and text is not", () => {
  const withExtras = (seed: number) => {
    const { path, bytes } = picture(seed);
    const extras = [pngChunk("tEXt", Buffer.from("Title\0x")), pngChunk("PLTE", Buffer.from([1, 2, 3]))];
    return { path, bytes: Buffer.concat([bytes.subarray(0, 33), ...extras, bytes.subarray(33)]) };
  };
  const types = chunksOf(joinPictures([withExtras(0), withExtras(1)], 2)).map(({ type }) => type);
  expect(types.join()).toBe("IHDR,acTL,PLTE,fcTL,IDAT,fcTL,fdAT,IEND");
  expect(() => joinPictures([withExtras(0), picture(1)], 2)).toThrow(/frame-001\.png differs from frame-000\.png/);
});

test("a picture that cannot be joined is named", () => {
  const good = picture(0);
  const { bytes } = picture(1);
  const flipped = Buffer.from(bytes);
  flipped[50] = (flipped[50] as number) ^ 1;
  const small = writePng(2, 2, new Uint8Array(12));
  const wrong: [bytes: Uint8Array, message: RegExp][] = [
    [small, /bad\.png differs from frame-000\.png in size/],
    [flipped, /bad\.png is damaged: a checksum/],
    [bytes.subarray(0, bytes.length - 20), /bad\.png is cut off/],
    [bytes.subarray(0, 33), /bad\.png is cut off/],
    [
      Buffer.concat([bytes.subarray(0, 33), pngChunk("IEND", Buffer.alloc(0))]),
      /bad\.png is damaged: it has no pixels/,
    ],
    [Buffer.from("not a picture"), /bad\.png is not a PNG/],
    [new Uint8Array(0), /bad\.png is not a PNG/],
  ];
  for (const [damaged, message] of wrong)
    expect(() => joinPictures([good, { path: "bad.png", bytes: damaged }], 2)).toThrow(message);
});
