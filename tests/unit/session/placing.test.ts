import { expect, it } from "vitest";
import { partsOf, placeSource } from "../../../src/session/placing.ts";
import type { SourceInfo } from "../../../src/video/frame-source.ts";

function clip(name: string, durationSeconds: number): SourceInfo {
  return { name, container: "MP4", codec: "avc1.64001f", width: 64, height: 48, durationSeconds };
}
const seen = { frames: 8, lastSeconds: 3.5, watchedUntilSeconds: 4, intervalSeconds: 0.5 };
const saved = { ...clip("a.mp4", 4), offsetSeconds: 0, firstFrame: 0 };
const first = { name: "a.mp4", startSeconds: 0, durationSeconds: 4, place: null };

it("the same video goes on where it was left, and is the only part", () => {
  const placed = placeSource(clip("a.mp4", 4), { ...seen, video: saved });
  expect(placed).toEqual({ offsetSeconds: 0, firstFrame: 0, afterSeconds: 3.5 });
  expect(partsOf(clip("a.mp4", 4), placed, [first])).toEqual([{ ...first, place: 0 }]);
});

it("another one lies behind, where the player and the timeline find it", () => {
  const placed = placeSource(clip("b.mp4", 6), { ...seen, video: saved });
  expect(placed).toEqual({ offsetSeconds: 4, firstFrame: 8, afterSeconds: null });
  expect(partsOf(clip("b.mp4", 6), placed, [first])).toEqual([
    first,
    { name: "b.mp4", startSeconds: 4, durationSeconds: 6, place: 0 },
  ]);
});

it("so do several, and a camera without an end; what was cut short ends where they begin", () => {
  const [b, c] = [0, 1].map((place) => ({
    name: "bc"[place] ?? "",
    startSeconds: place * 6,
    durationSeconds: 6,
    place,
  }));
  const several = { ...clip("b and 1 more", 12), parts: [b, c].filter((part) => part !== undefined) };
  expect(partsOf(several, { offsetSeconds: 2 }, [first])).toEqual([
    { ...first, durationSeconds: 2 },
    { ...b, startSeconds: 2 },
    { ...c, startSeconds: 8 },
  ]);
  const before = [first, { name: "Camera", startSeconds: 4, durationSeconds: 0, place: 0 }];
  expect(partsOf({ ...clip("Screen", 0), live: "screen" }, { offsetSeconds: 9 }, before)).toEqual([
    first,
    { name: "Camera", startSeconds: 4, durationSeconds: 5, place: null },
    { name: "Screen", startSeconds: 9, durationSeconds: 0, place: 0 },
  ]);
});
