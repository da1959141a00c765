import { expect, test } from "vitest";
import { scrollToFrame, visibleFrames } from "../../../../src/ui/watch/film-window.ts";

test("only the frames around the view are drawn, however many there are", () => {
  expect(visibleFrames(100_000, 72, 720_000, 720)).toEqual({ first: 9_998, end: 10_012 });
  expect(visibleFrames(8, 72, 0, 1440)).toEqual({ first: 0, end: 8 });
  expect(visibleFrames(0, 72, 0, 1440)).toEqual({ first: 0, end: 0 });
});

test("scrolls no further than needed to show a frame", () => {
  expect(scrollToFrame(5, 72, 100, 720, 72)).toBe(100);
  expect(scrollToFrame(50, 72, 100, 720, 72)).toBe(51 * 72 + 72 - 720);
  expect(scrollToFrame(3, 72, 1000, 720, 72)).toBe(144);
  expect(scrollToFrame(0, 72, 1000, 720, 72)).toBe(0);
});
