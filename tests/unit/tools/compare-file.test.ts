import { expect, test } from "vitest";
import { compareFile } from "../../../tools/compare-file.ts";
import type { Told } from "../../../tools/ffmpeg.ts";
import { gridDistance, toGrid } from "../../../tools/grid.ts";
import type { Tried } from "../../../tools/page/try-file.ts";

const plain = (value: number) => toGrid(() => value);

/** Ten pictures a second, picture N of the colour 20 N. */
const told: Told = {
  codec: "h264",
  transfer: "",
  durationSeconds: 0.5,
  times: [0, 0.1, 0.2, 0.3, 0.4],
  grid: (picture) => plain(20 * picture),
};

const tried = (change: Partial<Tried> = {}): Tried => ({
  info: { container: "MP4", codec: "avc1.64000a", width: 96, height: 64, durationSeconds: 0.5 },
  pictures: 5,
  openMs: 1,
  frames: [
    { seconds: 0.125, grid: plain(21) },
    { seconds: 0.375, grid: plain(60) },
  ],
  losses: [],
  error: null,
  ...change,
});

const refusal = { code: "CodecUnsupported", message: "No.", cause: null } as const;
const whats = (file: Tried, other: Told | null = told) => compareFile(file, other).map(({ what }) => what);

test("what is watched as ffmpeg shows it is no difference", () => {
  expect(whats(tried())).toEqual([]);
});

test("another picture than the one that is shown at the time is told, and which it is more like", () => {
  const [difference] = compareFile(tried({ frames: [{ seconds: 0.25, grid: plain(60) }] }), told);
  expect(difference).toEqual({
    what: "colours",
    ours: "20.0 steps off at 0.25 s",
    theirs: "picture 2; more like 3",
  });
});

test("pictures, duration and losses are told", () => {
  const info = { container: "MP4", codec: "", width: 1, height: 1, durationSeconds: 0.9 };
  const losses = [{ reason: "damaged", fromSeconds: 0, toSeconds: 0.1, frames: 1 }] as const;
  expect(whats(tried({ info, pictures: 4, losses }))).toEqual(["loss", "pictures", "duration"]);
});

test("a refusal is a difference where ffmpeg shows something, and pictures are one where it does not", () => {
  expect(whats(tried({ error: refusal, frames: [] }))).toEqual(["refused"]);
  expect(whats(tried({ error: refusal }))).toEqual(["broke off"]);
  expect(whats(tried({ error: refusal, frames: [] }), null)).toEqual([]);
  expect(whats(tried(), null)).toEqual(["shown"]);
});

test("HDR, which is tone-mapped for the model, is not compared by colour", () => {
  const frames = [{ seconds: 0.1, grid: plain(200) }];
  expect(whats(tried({ frames }), { ...told, transfer: "smpte2084" })).toEqual([]);
});

test("a grid has the mean of each part", () => {
  const left = toGrid((channel, _, column) => (channel === 0 && column < 32 ? 100 : 0));
  expect(left.slice(0, 3)).toEqual([100, 0, 0]);
  expect(left.slice(-3)).toEqual([0, 0, 0]);
  expect(gridDistance(left, plain(0))).toBeCloseTo(100 / 6, 1);
});
