import { describe, expect, test } from "vitest";
import {
  lostToTruncation,
  planRuns,
  presentation,
  type Sampling,
  type Timeline,
  wantedFrames,
} from "../../../src/video/sample-plan.ts";

/** A timeline of frames at `times` (ms, decode order), each shown until the next by time, the last for `lastMs`. */
function timeline(times: number[], keys: number[], extra: Partial<Timeline> & { lastMs?: number } = {}): Timeline {
  const sorted = [...times].sort((a, b) => a - b);
  const next = (time: number) => sorted[sorted.indexOf(time) + 1] ?? time + (extra.lastMs ?? 100);
  return {
    pts: Float64Array.from(times, (time) => time * 1000),
    duration: Float64Array.from(times, (time) => (next(time) - time) * 1000),
    key: Uint8Array.from(times, (_, i) => (keys.includes(i) ? 1 : 0)),
    available: times.length,
    presentationEnd: null,
    claimedDuration: null,
    truncated: false,
    ...extra,
  };
}

const tenPerSecond = (count: number) => Array.from({ length: count }, (_, i) => i * 100);
const sample = (line: Timeline, sampling: Sampling) => wantedFrames(presentation(line), sampling);
const packets = (line: Timeline, sampling: Sampling) => sample(line, sampling).map((frame) => frame.packet);

describe("sampling", () => {
  test("takes the frame shown at each time, and none at the end", () => {
    const line = timeline(tenPerSecond(30), [0]);
    expect(packets(line, { fps: 1 })).toEqual([0, 10, 20]);
    expect(packets(line, { fps: 10 })).toEqual(tenPerSecond(30).map((time) => time / 100));
    expect(packets(line, { fps: 4 }).slice(0, 5)).toEqual([0, 2, 5, 7, 10]);
  });

  test("gives a frame that is shown for long to each time that falls into it", () => {
    const line = timeline([0, 100, 2000], [0], { lastMs: 500 });
    const wanted = sample(line, { fps: 2 });
    expect(wanted.map((frame) => frame.packet)).toEqual([0, 1, 1, 1, 2]);
    expect(wanted.map((frame) => frame.time)).toEqual([0, 0.5e6, 1e6, 1.5e6, 2e6]);
  });

  test("takes the centres of equal parts", () => {
    const line = timeline(tenPerSecond(40), [0]);
    expect(sample(line, { frames: 4 }).map((frame) => frame.time)).toEqual([0.5e6, 1.5e6, 2.5e6, 3.5e6]);
    expect(packets(line, { frames: 4 })).toEqual([5, 15, 25, 35]);
    expect(packets(timeline([0], [0]), { frames: 3 })).toEqual([0, 0, 0]);
  });

  test("bears times rounded to milliseconds", () => {
    const rounded = Array.from({ length: 90 }, (_, i) => Math.round((i * 1000) / 30));
    const line = timeline(rounded, [0], { lastMs: 33 });
    expect(packets(line, { fps: 30 })).toEqual(Array.from({ length: 90 }, (_, i) => i));
    expect(packets(line, { fps: 3 })).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
  });

  test("counts 3 s at 29.97 frames a second as what fits", () => {
    const line = timeline(
      Array.from({ length: 90 }, (_, i) => (i * 1001) / 30),
      [0],
      { lastMs: 1001 / 30 },
    );
    expect(packets(line, { fps: 1 })).toEqual([0, 29, 59, 89]);
    expect(packets(line, { fps: 30000 / 1001 })).toHaveLength(90);
  });

  test("asks once for a still picture", () => {
    const still = timeline([0], [0], { lastMs: 0 });
    expect(packets(still, { fps: 5 })).toEqual([0]);
    expect(packets(still, { frames: 8 })).toEqual([0]);
  });

  test("orders frames by the time they are shown", () => {
    const line = timeline([0, 300, 100, 200, 600, 400, 500], [0]);
    expect(packets(line, { fps: 10 })).toEqual([0, 2, 3, 1, 5, 6, 4]);
  });

  test("refuses samplings without sense", () => {
    const line = timeline(tenPerSecond(3), [0]);
    for (const bad of [{ fps: 0 }, { fps: Number.NaN }, { frames: 0 }, { frames: 1.5 }]) {
      expect(() => sample(line, bad)).toThrow("sampling");
    }
  });
});

describe("presentation", () => {
  test("begins with the first shown frame, whatever its time", () => {
    const late = timeline([500, 600, 700], [0]);
    expect(presentation(late)).toMatchObject({ start: 500_000, end: 300_000 });
    expect(packets(late, { fps: 10 })).toEqual([0, 1, 2]);
  });

  test("leaves out frames that end before time 0, and begins inside one that does not", () => {
    const cut = timeline([-250, -150, -50, 50, 150], [0]);
    expect([...presentation(cut).packets]).toEqual([2, 3, 4]);
    expect([...presentation(cut).times]).toEqual([0, 50_000, 150_000]);
  });

  test("a last picture that is shown for a tenth of a millisecond is shown", () => {
    const line = timeline([0, 100, 200], [0], { lastMs: 0.1, presentationEnd: 200_400 });
    expect(presentation(line).packets).toHaveLength(3);
    const ended = timeline([0, 100, 200], [0], { presentationEnd: 200_400 });
    expect(presentation(ended).packets).toHaveLength(2); // what rounding left of it is none
  });

  test("leaves out what comes after the edit list's end", () => {
    const cut = timeline(tenPerSecond(10), [0], { presentationEnd: 450_000 });
    expect(presentation(cut)).toMatchObject({ end: 450_000 });
    expect(packets(cut, { fps: 10 })).toEqual([0, 1, 2, 3, 4]);
  });

  test("shows everything where an edit list would leave nothing", () => {
    expect(packets(timeline([-300, -200], [0]), { fps: 10 })).toEqual([0, 1]);
  });

  test("leaves out frames that refer to what is before the first key packet", () => {
    expect([...presentation(timeline([0, 100, 400, 200, 300, 500], [2])).packets]).toEqual([2, 5]);
  });

  test("ends a cut-off file before its first missing frame", () => {
    const line = timeline([0, 300, 100, 200, 600, 400, 500, 700, 800, 900], [0], { available: 5, truncated: true });
    const shown = presentation(line);
    expect(shown).toMatchObject({ availableEnd: 400_000, end: 1_000_000 });
    expect(wantedFrames(shown, { fps: 10 }).map((frame) => frame.packet)).toEqual([0, 2, 3, 1]);
    expect(lostToTruncation(shown, { fps: 10 })).toBe(6);
    expect(lostToTruncation(shown, { frames: 7 })).toBe(0);
    expect(wantedFrames(shown, { frames: 2 }).map((frame) => frame.time)).toEqual([100_000, 300_000]);
  });

  test("takes the length of what is missing from the header where no table knows it", () => {
    const line = timeline(tenPerSecond(10), [0], { truncated: true, claimedDuration: 3e6 });
    expect(presentation(line)).toMatchObject({ availableEnd: 1e6, end: 3e6 });
    expect(lostToTruncation(presentation(line), { fps: 2 })).toBe(4);
  });

  test("follows an edit list of several parts, back in time too, and over a gap", () => {
    const segments = [
      { from: 200_000, to: 400_000, at: 0 },
      { from: 50_000, to: 150_000, at: 300_000 },
      { from: 300_000, to: 400_000, at: 400_000 },
    ];
    const line = timeline(tenPerSecond(10), [0, 3], { segments });
    const shown = presentation(line);
    expect([...shown.packets]).toEqual([2, 3, 0, 1, 3]);
    expect([...shown.times]).toEqual([0, 100_000, 300_000, 350_000, 400_000]);
    expect(shown).toMatchObject({ start: 0, end: 500_000, availableEnd: 500_000 });
    const wanted = wantedFrames(shown, { fps: 10 });
    expect(wanted.map((frame) => frame.packet)).toEqual([2, 3, 3, 0, 3]);
    const runs = planRuns(line, wanted).map((run) => [run.first, run.last, run.wanted.map((frame) => frame.index)]);
    expect(runs).toEqual([
      [0, 3, [0, 1, 2]],
      [0, 0, [3]],
      [3, 3, [4]],
    ]);
  });

  test("of nothing is nothing", () => {
    expect(packets(timeline([], []), { fps: 1 })).toEqual([]);
  });
});

describe("decode runs", () => {
  const runs = (line: Timeline, sampling: Sampling) =>
    planRuns(line, sample(line, sampling)).map((run) => [run.first, run.last, run.wanted.map((frame) => frame.packet)]);

  test("start at key packets and end at the last frame wanted", () => {
    const line = timeline(tenPerSecond(40), [0, 10, 20, 30]);
    expect(runs(line, { frames: 2 })).toEqual([
      [10, 10, [10]],
      [30, 30, [30]],
    ]);
    expect(runs(line, { frames: 4 })).toEqual([
      [0, 5, [5]],
      [10, 15, [15]],
      [20, 25, [25]],
      [30, 35, [35]],
    ]);
  });

  test("share what lies in one group of pictures, and join where they touch", () => {
    const line = timeline(tenPerSecond(40), [0, 20]);
    expect(runs(line, { fps: 1 })).toEqual([
      [0, 10, [0, 10]],
      [20, 30, [20, 30]],
    ]);
    expect(runs(line, { fps: 10 }).map(([first, last]) => [first, last])).toEqual([[0, 39]]);
  });

  test("decode a packet once that is wanted at several times", () => {
    expect(runs(timeline([0, 100, 1000], [0, 2]), { fps: 5 })).toEqual([[0, 2, [0, 1, 1, 1, 1, 2]]]);
  });

  test("begin a group earlier for frames shown before their key packet", () => {
    // Open groups: packets 4 and 5 are shown before key packet 3 and refer to packet 2 as well.
    const line = timeline([0, 100, 200, 500, 300, 400, 600, 1100, 900, 1000], [0, 3, 7]);
    expect(planRuns(line, [{ index: 0, time: 3e5, packet: 4 }])).toMatchObject([{ first: 0, last: 4 }]);
    expect(planRuns(line, [{ index: 0, time: 6e5, packet: 6 }])).toMatchObject([{ first: 3, last: 6 }]);
    const both = [
      { index: 0, time: 0, packet: 0 },
      { index: 1, time: 4e5, packet: 5 },
      { index: 2, time: 5e5, packet: 3 },
    ];
    expect(planRuns(line, both)).toEqual([{ first: 0, last: 5, wanted: both }]);
  });

  test("start at the first packet where none is marked as key", () => {
    expect(runs(timeline(tenPerSecond(10), []), { frames: 1 })).toEqual([[0, 5, [5]]]);
  });

  test("cover every wanted frame once and never overlap", () => {
    const times = tenPerSecond(300);
    const line = timeline(times, [0, 7, 20, 21, 90, 130, 131, 132, 260]);
    for (const fps of [0.3, 1, 1.7, 3, 9, 14]) {
      const wanted = sample(line, { fps });
      const plan = planRuns(line, wanted);
      expect(plan.flatMap((run) => run.wanted)).toEqual(wanted);
      plan.forEach((run, i) => {
        expect(line.key[run.first]).toBe(1);
        expect(run.first).toBeGreaterThan(plan[i - 1]?.last ?? -1);
        for (const frame of run.wanted) expect(frame.packet >= run.first && frame.packet <= run.last).toBe(true);
      });
    }
  });
});
