import { expect, it } from "vitest";
import { createFinder } from "../../../src/session/page/find.ts";
import { emptySnapshot, type SessionSnapshot } from "../../../src/session/types.ts";

const line = {
  id: 0,
  startSeconds: 12,
  endSeconds: 14,
  text: "The evening train is late.",
  words: null,
  edited: false,
};
const note = { id: 1, fromSeconds: 30, untilSeconds: 40, text: "A red train passes a bridge.", edited: false };
const snapshot: SessionSnapshot = {
  ...emptySnapshot,
  notes: [note],
  transcript: { ...emptySnapshot.transcript, lines: [line] },
};

it("finds what was said and what was noted, each at its time", async () => {
  const found = await createFinder()(snapshot, "train", ["said", "noted"]);
  expect(found.map(({ kind, seconds, until }) => [kind, seconds, until]).sort()).toEqual([
    ["noted", 30, 40],
    ["said", 12, 14],
  ]);
  expect(Math.max(...found.map(({ score }) => score))).toBe(1);
});

it("finds only the kinds that are asked for, one after the other too", async () => {
  const find = createFinder();
  for (const kind of ["said", "noted", "said"] as const) {
    const found = await find(snapshot, "train", [kind]);
    expect(found.map((moment) => [moment.kind, moment.score])).toEqual([[kind, 1]]);
  }
  expect(await find(snapshot, "evening", ["noted"])).toEqual([]);
});

it("knows of a note once its words were changed", async () => {
  const find = createFinder();
  expect(await find(snapshot, "tram", ["noted"])).toEqual([]);
  const edited = { ...snapshot, notes: [{ ...note, text: "A tram.", edited: true }] };
  expect((await find(edited, "tram", ["noted"])).map(({ text }) => text)).toEqual(["A tram."]);
});
