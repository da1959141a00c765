import { expect, it } from "vitest";
import { createTextIndex } from "../../../src/search/text-index.ts";

const lines = [
  "The quick brown fox jumps over the lazy dog.",
  "Seven people waited at the station for the evening train.",
  "Don't tell the café owner about the train!",
  "Ein Fuß im Schnee, 12 Grad, naïve Häuser.",
  "私は駅で待つ。",
  "The evening was long, and the evening was cold.",
];
const index = createTextIndex(
  lines.map((text, i) => ({ kind: "said" as const, startSeconds: i * 10, endSeconds: i * 10 + 5, text })),
);
const found = (query: string) => index.find(query).map(({ startSeconds }) => startSeconds / 10);

it("finds words, whatever their case and accents, best first", () => {
  expect(found("FOX")).toEqual([0]);
  expect(found("cafe")).toEqual([2]);
  expect(found("naive hauser")).toEqual([3]);
  expect(found("evening")[0]).toBe(5);
  expect(new Set(found("evening"))).toEqual(new Set([1, 5]));
  expect(found("駅")).toEqual([4]);
});

it("finds beginnings of words, and words that are nearly so", () => {
  expect(found("stat")).toEqual([1]);
  expect(found("statoin")).toEqual([1]);
  expect(found("dont")).toEqual([2]);
  expect(found("peopel waited")).toEqual([1]);
  expect(found("fax")).toEqual([]); // too short for a mistake
});

it("wants all words where a text has them, else any", () => {
  expect(found("evening train")).toEqual([1]);
  expect(new Set(found("fox station"))).toEqual(new Set([0, 1]));
});

it("scores from 1 down, and gives what the text is", () => {
  const results = index.find("the train");
  expect(results[0]).toMatchObject({ kind: "said", score: 1, text: expect.stringContaining("train") });
  for (const [i, { score }] of results.entries()) {
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(i > 0 ? (results[i - 1]?.score ?? 1) : 1);
  }
});

it("finds nothing by nothing", () => {
  for (const query of ["", "  ", "?!", "zebra crossing"]) expect(found(query)).toEqual([]);
  expect(createTextIndex([]).find("fox")).toEqual([]);
});
