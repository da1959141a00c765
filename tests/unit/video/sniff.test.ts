import { expect, test } from "vitest";
import { sniff } from "../../../src/video/sniff.ts";
import { box } from "../../iso-box.ts";
import { media } from "./media.ts";

const sniffFile = async (name: string) => sniff(new Uint8Array(await (await media(name)).slice(0, 4096).arrayBuffer()));

test.each([
  ["h264-index-last.mp4", { kind: "isobmff" }],
  ["h264-rotated.mov", { kind: "isobmff" }],
  ["sound-only.m4a", { kind: "isobmff" }],
  ["vp9.webm", { kind: "matroska" }],
  ["h264-no-cues.mkv", { kind: "matroska" }],
  ["h264.mpegts", { kind: "mpeg-ts" }],
  ["moving.gif", { kind: "moving-image", mimeType: "image/gif" }],
  ["moving.webp", { kind: "moving-image", mimeType: "image/webp" }],
  ["moving.png", { kind: "moving-image", mimeType: "image/png" }],
  ["still.png", { kind: "still-image", mimeType: "image/png" }],
  ["still.jpg", { kind: "still-image", mimeType: "image/jpeg" }],
  ["mpeg4-part-2.avi", { kind: "foreign-video", name: "AVI" }],
  ["sorenson.flv", { kind: "foreign-video", name: "FLV" }],
  ["wmv2.wmv", { kind: "foreign-video", name: "WMV (Windows Media)" }],
])("knows %s by its bytes", async (name, expected) => {
  expect(await sniffFile(name)).toEqual(expected);
});

test("knows AVIF by its brand, before MP4", () => {
  const brand = (text: string) => sniff(new TextEncoder().encode(`\0\0\0\x20ftyp${text}\0\0\0\0`));
  expect(brand("avif")).toEqual({ kind: "still-image", mimeType: "image/avif" });
  expect(brand("avis")).toEqual({ kind: "moving-image", mimeType: "image/avif" });
  expect(brand("isom")).toEqual({ kind: "isobmff" });
});

test.each([
  ["nothing", new Uint8Array(0)],
  ["one byte", Uint8Array.of(0x47)],
  ["zeros", new Uint8Array(4096)],
  ["text", new TextEncoder().encode("It was a dark and stormy night; the rain fell in torrents.\n".repeat(40))],
  ["a page", new TextEncoder().encode("<!doctype html><html><head><title>404</title></head></html>")],
  ["noise", Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919 + (i >> 3) * 104729) & 0xff)],
])("takes %s for nothing it knows", (_, bytes) => {
  expect(sniff(bytes)).toEqual({ kind: "unknown" });
});

test.each(["emsg", "uuid", "prft", "free", "junk"])("knows MP4 behind a %s box", (type) => {
  const front = box(type, "anything at all");
  const both = Uint8Array.from([...front, ...box("ftyp", "isom", 0)]);
  expect(sniff(both)).toEqual({ kind: "isobmff" });
  // Where the preface is all that was looked at, what follows decides later; where it is all there is, it is nothing.
  const long = Uint8Array.from([...box(type, new Uint8Array(6000))]);
  expect(sniff(long.subarray(0, 4096))).toEqual({ kind: "isobmff" });
  if (type !== "free") expect(sniff(front)).toEqual({ kind: "unknown" });
});

test("names streams without a container", () => {
  const text = new TextEncoder();
  expect(sniff(text.encode("DKIF\0\0\x20\0VP80"))).toEqual({ kind: "foreign-video", name: "IVF" });
  const units = (...bytes: number[]) => sniff(Uint8Array.of(...bytes, 100, 0, 10));
  expect(units(0, 0, 0, 1, 0x67)).toEqual({ kind: "foreign-video", name: "raw H.264" });
  expect(units(0, 0, 1, 0x09)).toEqual({ kind: "foreign-video", name: "raw H.264" });
  expect(units(0, 0, 0, 1, 0x40)).toEqual({ kind: "foreign-video", name: "raw HEVC (H.265)" });
});

test("tells sound from video", () => {
  const text = (head: string) => sniff(new TextEncoder().encode(head));
  expect(text("ID3\x04\0\0\0\0")).toMatchObject({ kind: "audio", name: "MP3" });
  expect(text("fLaC\0\0\0\x22")).toMatchObject({ kind: "audio", name: "FLAC" });
  expect(text("RIFF\0\0\0\0WAVEfmt ")).toMatchObject({ kind: "audio", name: "WAV" });
  expect(text("OggS\0\x02OpusHead")).toMatchObject({ kind: "audio", name: "Ogg" });
  expect(sniff(Uint8Array.of(0xff, 0xfb, 0x90, 0x64))).toMatchObject({ kind: "audio", name: "MP3" });
  expect(sniff(Uint8Array.of(0xff, 0xf1, 0x50, 0x80))).toMatchObject({ kind: "audio", name: "AAC" });
});
