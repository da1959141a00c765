import { describe, expect, it } from "vitest";
import { createTimeline, joinFrames } from "../../../src/session/memory/timeline.ts";
import { createSnapshotStore } from "../../../src/session/page/snapshot-store.ts";
import type { FrameRecord } from "../../../src/session/types.ts";

const picture = new Blob(["picture"]);
const frames = (first: number, count: number): FrameRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    index: first + i,
    timestampSeconds: first + i,
    thumbnail: picture,
    owners: Uint16Array.of(0, 1),
    change: 0,
    distance: 0,
  }));
const pictured = (all: readonly FrameRecord[]) => all.filter(({ thumbnail }) => thumbnail).map(({ index }) => index);

describe("a timeline", () => {
  it("has every frame, and at most 2000 pictures, evenly over them all", () => {
    const timeline = createTimeline();
    for (let first = 0; first < 9000; first += 8) {
      timeline.add(frames(first, 8));
      expect(timeline.frames.length).toBe(first + 8);
      const shown = pictured(timeline.frames);
      expect(shown.length).toBeLessThanOrEqual(2000);
      expect(shown.every((index) => index % timeline.pictureStep === 0)).toBe(true);
    }
    expect(timeline.pictureStep).toBe(8);
    expect(pictured(timeline.frames)).toEqual(Array.from({ length: 1125 }, (_, i) => 8 * i));
    expect(timeline.frames[1]).toMatchObject({ thumbnail: null, owners: new Uint16Array(0) });
  });

  it("is the same on the page, which is told of additions alone", () => {
    const timeline = createTimeline();
    const page = createSnapshotStore(0);
    for (let first = 0; first < 4100; first += 50) {
      timeline.add(frames(first, 50));
      page.apply({ part: {}, frames: frames(first, 50), pictureStep: timeline.pictureStep });
      expect(pictured(page.snapshot.frames)).toEqual(pictured(timeline.frames));
    }
    expect(page.snapshot.frames).toHaveLength(4100);
  });

  it("stays the same array until a frame comes", () => {
    const before = frames(0, 3);
    expect(joinFrames(before, [], { before: 1, now: 1 })).toBe(before);
  });
});
