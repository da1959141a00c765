import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isPictureCut } from "../../../src/video/picture-cut.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/media/${name}`, import.meta.url)));

test.each([
  ["still.png", "image/png"],
  ["alpha.png", "image/png"],
  ["still.jpg", "image/jpeg"],
  ["turned-3.jpg", "image/jpeg"],
  ["turned-6.jpg", "image/jpeg"],
  ["moving.webp", "image/webp"],
])("%s is whole, and is not once its end is gone", (name, type) => {
  const bytes = fixture(name);
  expect(isPictureCut(bytes, type)).toBe(false);
  for (const left of [9, 40, Math.round(bytes.length / 2), bytes.length - 13])
    expect([left, isPictureCut(bytes.subarray(0, left), type)]).toEqual([left, true]);
});

test("what follows a picture does not matter", () => {
  const bytes = fixture("still.jpg");
  expect(isPictureCut(Uint8Array.from([...bytes, 0, 0, 7]), "image/jpeg")).toBe(false);
  expect(isPictureCut(Uint8Array.from([...fixture("still.png"), 0]), "image/png")).toBe(false);
});

test("a thumbnail's end is not the picture's", () => {
  const thumbnail = [0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 2, 0xff, 0xd9];
  const head = [0xff, 0xd8, 0xff, 0xe1, 0, 2 + thumbnail.length, ...thumbnail];
  const scan = [0xff, 0xda, 0, 2, 9, 9, 9];
  expect(isPictureCut(Uint8Array.from([...head, ...scan]), "image/jpeg")).toBe(true);
  expect(isPictureCut(Uint8Array.from([...head, ...scan, 0xff, 0xd9]), "image/jpeg")).toBe(false);
});

test("kinds without a mark at their end are left to the decoder", () => {
  expect(isPictureCut(new Uint8Array(30), "image/bmp")).toBe(false);
});
