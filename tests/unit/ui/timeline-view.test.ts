import { expect, test } from "vitest";
import type { FrameRecord } from "../../../src/session/types.ts";
import { type Mark, marksOf, placeMarks } from "../../../src/ui/timeline/marks.ts";
import {
  clampView,
  panView,
  picturesOf,
  placeAt,
  revealIn,
  shareOf,
  thinCurve,
  ticksOf,
  zoomView,
} from "../../../src/ui/timeline/timeline-view.ts";

const frame = (index: number, kept = true): FrameRecord => ({
  index,
  timestampSeconds: index / 2,
  thumbnail: kept ? new Blob(["x"]) : null,
  owners: new Uint16Array(0),
  change: 0,
  distance: 0,
});

test("a part stays inside of the video", () => {
  expect(clampView({ from: -5, to: 5 }, 100)).toEqual({ from: 0, to: 10 });
  expect(clampView({ from: 95, to: 105 }, 100)).toEqual({ from: 90, to: 100 });
  expect(clampView({ from: 0, to: 500 }, 100)).toEqual({ from: 0, to: 100 });
  expect(clampView({ from: 50, to: 50 }, 100)).toEqual({ from: 50, to: 52 });
  expect(clampView({ from: 0, to: 0 }, 1)).toEqual({ from: 0, to: 1 });
});

test("zooming keeps what is looked at where it is", () => {
  const day = 86_400;
  let view = { from: 0, to: day };
  const around = 61_234;
  const share = shareOf(view, around);
  for (let i = 0; i < 9; i++) {
    view = zoomView(view, 0.5, around, day);
    expect(shareOf(view, around)).toBeCloseTo(share, 9);
  }
  expect(view.to - view.from).toBeCloseTo(day / 512, 6);
  for (let i = 0; i < 20; i++) view = zoomView(view, 2, around, day);
  expect(view).toEqual({ from: 0, to: day });
});

test("moving ends at the ends, and what is outside is brought in", () => {
  expect(panView({ from: 10, to: 20 }, 5, 100)).toEqual({ from: 15, to: 25 });
  expect(panView({ from: 10, to: 20 }, 500, 100)).toEqual({ from: 90, to: 100 });
  const view = { from: 10, to: 20 };
  expect(revealIn(view, 15, 100)).toBe(view);
  for (const seconds of [0, 9.9, 20.1, 64, 100]) {
    const { from, to } = revealIn(view, seconds, 100);
    expect(to - from).toBeCloseTo(10, 9);
    expect(seconds).toBeGreaterThanOrEqual(from);
    expect(seconds).toBeLessThanOrEqual(to);
  }
});

test.each([
  [{ from: 0, to: 4 }, 840, [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]],
  [{ from: 0, to: 300 }, 500, [0, 60, 120, 180, 240, 300]],
  [{ from: 3590, to: 3650 }, 500, [3600, 3615, 3630, 3645]],
  [{ from: 0, to: 86_400 }, 360, [0, 21_600, 43_200, 64_800, 86_400]],
  [{ from: 0, to: 10 * 86_400 }, 200, [0, 5 * 86_400, 10 * 86_400]],
])("the times of %o on %d pixels are round", (view, width, ticks) => {
  expect(ticksOf(view, width)).toEqual(ticks);
});

test("the frame at a time is the last that was shown by then", () => {
  const frames = [0, 1, 2, 3].map((index) => frame(index));
  expect([-1, 0, 0.49, 0.5, 1.4, 99].map((seconds) => placeAt(frames, seconds))).toEqual([0, 0, 0, 1, 2, 3]);
  expect(placeAt([], 3)).toBe(-1);
});

test("pictures fill what was watched, side by side, each with what is shown in its middle", () => {
  const frames = Array.from({ length: 20 }, (_, index) => frame(index)); // 0 to 9.5 s
  const pictures = picturesOf(frames, { from: 0, to: 20 }, 400, 40);
  expect(pictures.map(({ left }) => left)).toEqual([0, 40, 80, 120, 160]);
  expect(pictures.map(({ frame: { timestampSeconds } }) => timestampSeconds)).toEqual([1, 3, 5, 7, 9]);
});

test("pictures that are no longer kept are stood in for by the one before", () => {
  const frames = Array.from({ length: 16 }, (_, index) => frame(index, index % 8 === 0));
  const pictures = picturesOf(frames, { from: 0, to: 8 }, 160, 40);
  expect(pictures.map(({ frame: { index } }) => index)).toEqual([0, 0, 8, 8]);
});

test("of a day's frames as many are taken as there is room for", () => {
  const frames = Array.from({ length: 86_400 }, (_, index) => frame(index, index % 64 === 0));
  expect(picturesOf(frames, { from: 0, to: 43_200 }, 1200, 60)).toHaveLength(20);
});

test("few pictures of many frames, as a memory file of a day has them, stand where they were", () => {
  const frames = Array.from({ length: 86_400 }, (_, index) => frame(index, index % 1024 === 0));
  expect(picturesOf(frames, { from: 0, to: 43_200 }, 1200, 60)).toHaveLength(20);
  expect(picturesOf(frames, { from: 100, to: 110 }, 1200, 60)).toHaveLength(0);
});

test("a curve of a day has no more points than there is room for, and none of its peaks is lost", () => {
  const changes = Array.from({ length: 86_400 }, (_, index) => ((index * 7919) % 1000) / 1000);
  changes[40_000] = 5;
  const day = changes.map((change, index) => ({ ...frame(index, false), change }));
  const whole = thinCurve(day, { from: 0, to: 43_200 }, 1000);
  expect(whole.times.length).toBeLessThanOrEqual(1000);
  expect(whole.times.length).toBeGreaterThan(900);
  expect(Math.max(...whole.changes)).toBe(5);
  expect(whole.times[whole.changes.indexOf(5)]).toBe(20_000);
  expect([...whole.times].sort((a, b) => a - b)).toEqual(whole.times);
  // What is close is shown as it is, with a frame beyond each edge.
  const close = thinCurve(day, { from: 100, to: 102 }, 1000);
  expect(close.times).toEqual([100, 100.5, 101, 101.5, 102, 102.5]);
  expect(close.changes).toEqual(changes.slice(200, 206));
  expect(thinCurve([], { from: 0, to: 10 }, 100)).toEqual({ times: [], changes: [] });
});

test("marks that lie close together stand as one", () => {
  const marks: Mark[] = [5, 1, 1.2, 8, 30].map((seconds) => ({ kind: "answer", seconds, label: String(seconds) }));
  const placed = placeMarks(marks, { from: 0, to: 10 }, 100);
  expect(placed.map(({ mark: { seconds }, left, others }) => [seconds, left, others])).toEqual([
    [1, 10, 1],
    [5, 50, 0],
    [8, 80, 0],
  ]);
});

test("scenes after the first and notes are marks; an answer stands for those at its time", () => {
  const scenes = [0, 4, 8].map((fromSeconds) => ({ fromSeconds, untilSeconds: fromSeconds + 4 }));
  const notes = [{ id: 1, fromSeconds: 4, untilSeconds: 8, text: "A dog runs.", edited: false }];
  const marks = marksOf(scenes, notes);
  expect(marks.map(({ kind, seconds }) => [kind, seconds])).toEqual([
    ["scene", 4],
    ["scene", 8],
    ["note", 4],
  ]);
  const answer: Mark = { kind: "answer", seconds: 4, label: "Why?" };
  const placed = placeMarks([...marks, answer], { from: 0, to: 12 }, 600);
  expect(placed.map(({ mark, others }) => [mark.kind, others])).toEqual([
    ["answer", 2],
    ["scene", 0],
  ]);
});
