import { expect, test } from "vitest";
import { nowhereToBegin } from "../../../src/video/codec-support.ts";
import { canStartDecoding, encoderNote, firstPacketBytes, isDisposable } from "../../../src/video/h264.ts";
import { readIsoIndex } from "../../../src/video/iso-index.ts";
import type { PacketFormat } from "../../../src/video/packet-index.ts";
import { sliceSource } from "../../../src/video/slice-source.ts";
import { media } from "./media.ts";

const avc = (
  codec = "avc1.64000a",
  description: Uint8Array | null = Uint8Array.of(1, 100, 0, 10, 0xff),
): PacketFormat => ({
  codec,
  sampleEntry: "avc1",
  description,
  codedWidth: 96,
  codedHeight: 64,
  pixelAspect: 1,
  colorSpace: null,
});
const vp9 = { ...avc("vp09.00.10.08", null), sampleEntry: "vp09" };

/** NAL units with four-byte lengths before them; each is its header byte and `body`. */
const lengths = (...headers: number[]) => Uint8Array.from(headers.flatMap((header) => [0, 0, 0, 3, header, 7, 7]));
const startCodes = (...headers: number[]) => Uint8Array.from(headers.flatMap((header) => [0, 0, 0, 1, header, 7, 7]));
const [slice, referenceSlice, idr, sei, sps, delimiter, extension] = [0x01, 0x41, 0x65, 0x06, 0x67, 0x09, 0x74];

test("a packet is disposable when none of its slices is a reference", () => {
  expect(isDisposable(lengths(sei, slice, slice), avc())).toBe(true);
  expect(isDisposable(startCodes(delimiter, slice), avc("avc1.64000a", null))).toBe(true);
  expect(isDisposable(lengths(slice, referenceSlice), avc())).toBe(false);
  expect(isDisposable(lengths(idr), avc())).toBe(false);
  expect(isDisposable(lengths(sei), avc())).toBe(false);
  expect(isDisposable(lengths(slice).subarray(0, 6), avc())).toBe(false);
  expect(isDisposable(lengths(slice), vp9)).toBe(false);
});

test("ffmpeg's B-frames that nothing refers to are the disposable ones", async () => {
  const file = await media("h264-index-last.mp4");
  const index = await readIsoIndex(file);
  const packets = await sliceSource(file, index).createReader().read(0, 9);
  const disposable = packets.flatMap((packet, i) =>
    isDisposable(packet, index.formats[0] as PacketFormat) ? [i] : [],
  );
  // Decode order I P B b b P B b b P: of each three B-frames the middle one is referred to by the others.
  expect(disposable).toEqual([3, 4, 7, 8]);
});

test("decoding starts at IDR pictures only", () => {
  expect(canStartDecoding(lengths(sei, idr), avc())).toBe(true);
  expect(canStartDecoding(lengths(sei, referenceSlice), avc())).toBe(false);
  expect(canStartDecoding(lengths(referenceSlice), vp9)).toBe(true);
  expect(canStartDecoding(Uint8Array.of(1, 2, 3), avc())).toBe(true);
});

test("the first packet is freed of what decoders refuse", () => {
  const first = (packet: Uint8Array) => firstPacketBytes(packet, avc(), null);
  expect(first(lengths(sps, delimiter, sei, extension, idr))).toEqual(lengths(delimiter, sei, idr));
  expect(first(lengths(extension))).toEqual(lengths(extension));
  const clean = lengths(delimiter, idr);
  expect(first(clean)).toBe(clean);
  const damaged = Uint8Array.of(0, 0, 9, 9, 1);
  expect(first(damaged)).toBe(damaged);
  expect(firstPacketBytes(lengths(extension, idr), vp9, null)).toEqual(lengths(extension, idr));
});

test("x264's note is carried to where decoding begins, for 4:4:4 alone", async () => {
  const note = Uint8Array.from([0, 0, 0, 7, 0x06, 5, ...new TextEncoder().encode("x264 "), 0].slice(0, 11));
  note[3] = note.length - 4;
  const first = Uint8Array.from([...note, ...lengths(idr)]);
  expect(encoderNote(first, avc("avc1.f4001f"))).toEqual(note);
  expect(encoderNote(first, avc())).toBeNull();
  expect(encoderNote(lengths(idr), avc("avc1.f4001f"))).toBeNull();
  expect(firstPacketBytes(lengths(idr), avc("avc1.f4001f"), note)).toEqual(Uint8Array.from([...note, ...lengths(idr)]));
  expect(firstPacketBytes(lengths(delimiter, idr), avc("avc1.f4001f"), note)).toEqual(
    Uint8Array.from([...lengths(delimiter), ...note, ...lengths(idr)]),
  );
});

test("a recording of which no picture is one to begin at is not called damaged", async () => {
  const file = await media("h264-open-gop.mp4");
  const index = await readIsoIndex(file);
  const format = index.formats[0] as PacketFormat;
  const packets = await sliceSource(file, index)
    .createReader()
    .read(0, index.available - 1);
  // Its later key pictures are no IDR pictures: without the first one there is none.
  const error = nowhereToBegin(packets.slice(1), format, null);
  expect(error).toMatchObject({
    code: "CodecUnsupported",
    message: expect.stringMatching(/without IDR pictures.*convert/),
  });
  expect(nowhereToBegin(packets, format, null)).toBeNull();
  expect(nowhereToBegin([Uint8Array.of(1, 2, 3)], vp9, null)).toBeNull();
});
