import { afterEach, expect, test } from "vitest";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { frameNumber, meanLuma, media, watch } from "./media.ts";

afterEach(() => {
  expect(openVideoFrameCount()).toBe(0);
});

const count = (n: number, step = 1) => Array.from({ length: n }, (_, i) => i * step);
const upright = { width: 96, height: 64, rotation: 0, durationSeconds: 3 };

/** Clips of 30 frames, ten a second: what they are, and how they must be shown. */
const clips = [
  ["h264-index-last.mp4", { container: "MP4", codec: "avc1.64000a", ...upright }],
  ["h264-index-first.mp4", { container: "MP4", codec: "avc1.64000a", ...upright }],
  ["h264-fragmented.mp4", { container: "MP4", codec: "avc1.64000a", ...upright }],
  ["h264-open-gop.mp4", { container: "MP4", codec: "avc1.64000a", ...upright }],
  ["edit-list-empty.mp4", { container: "MP4", codec: "avc1.64000a", ...upright }],
  ["two-video-tracks.mp4", { container: "MP4", codec: "avc1.64000a", ...upright }],
  ["av1.mp4", { container: "MP4", codec: "av01.0.00M.08", ...upright }],
  ["vp8.webm", { container: "WebM", codec: "vp8", ...upright }],
  ["vp9.webm", { container: "WebM", ...upright }],
  ["vp9-10-bit.webm", { container: "WebM", ...upright }],
  ["h264-no-cues.mkv", { container: "Matroska", codec: "avc1.64000a", ...upright }],
  ["h264.mpegts", { container: "MPEG Transport Stream", codec: "avc1.64000a", ...upright }],
  ["h264-rotated.mov", { container: "MOV", codec: "avc1.64000a", ...upright, width: 64, height: 96, rotation: 270 }],
  ["wide-pixels.mp4", { container: "MP4", codec: "avc1.64000a", ...upright, width: 192 }],
  ["h264-444-odd.mp4", { container: "MP4", codec: "avc1.f4000a", ...upright, width: 97, height: 65 }],
  ["h264-high-10.mp4", { container: "MP4", codec: "avc1.6e000a", ...upright }],
  ["h264-422.mp4", { container: "MP4", codec: "avc1.7a000a", ...upright }],
] as const;

test.each(clips)("%s gives the frame shown at each time", async (name, info) => {
  const file = await media(name);
  const everyFrame = await watch(file, { fps: 10 });
  const { durationSeconds, ...exact } = info;
  expect(everyFrame.video.info).toMatchObject(exact);
  expect(everyFrame.video.info.durationSeconds).toBeCloseTo(durationSeconds, 2);
  expect(everyFrame.numbers).toEqual(count(30));
  expect(everyFrame.times).toEqual(count(30).map((i) => i / 10));
  expect(everyFrame.indices).toEqual(count(30));

  expect((await watch(file, { fps: 1 })).numbers).toEqual([0, 10, 20]);
  expect((await watch(file, { fps: 4 })).numbers).toEqual([0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27]);
  expect((await watch(file, { fps: 20 })).numbers).toEqual(count(60).map((i) => Math.floor(i / 2)));
  expect((await watch(file, { frames: 4 })).numbers).toEqual([3, 11, 18, 26]);
  expect((await watch(file, { frames: 1 })).numbers).toEqual([15]);
});

test("a variable frame rate is followed by its times", async () => {
  const { numbers, times, video } = await watch(await media("variable-frame-rate.mp4"), { fps: 5 });
  // Frame N is shown from (N + N²/15) / 10 s on.
  const shownAt = (time: number) => {
    let n = 0;
    while (n < 29 && (n + 1 + (n + 1) ** 2 / 15) / 10 <= time + 1e-3) n++;
    return n;
  };
  expect(numbers).toEqual(times.map(shownAt));
  expect(video.plan({ fps: 5 })).toBe(times.length);
});

test("an edit list that cuts into a group of pictures begins where it says", async () => {
  const { numbers } = await watch(await media("edit-list-cut.mp4"), { fps: 10 });
  expect(numbers[0]).toBe(7);
  expect(numbers.at(-1)).toBe(29);
  expect((await watch(await media("edit-list-cut.mp4"), { fps: 1 })).numbers).toEqual([7, 17, 27]);
});

// Right frames: those that ffmpeg shows.
test("H.264 without an IDR picture is watched from where its pictures are right", async () => {
  const { numbers, losses } = await watch(await media("h264-no-idr.mpegts"), { fps: 10 });
  expect(numbers).toEqual([14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  expect(losses.map(({ frames, fromSeconds }) => [frames, fromSeconds])).toEqual(
    [0, 0.1, 0.2, 0.3].map((at) => [1, at]),
  );
});

test.each(["h264-recovery-points-1.mpegts", "h264-recovery-points-0.mpegts"])(
  "%s is watched from its first recovery point, though it forgets what was cut off",
  async (name) => {
    const { numbers, losses } = await watch(await media(name), { fps: 10 });
    expect(numbers).toEqual(Array.from({ length: 21 }, (_, i) => 9 + i));
    expect(losses.every(({ toSeconds }) => toSeconds < 0.35)).toBe(true);
  },
);

test("one frame is a video", async () => {
  expect((await watch(await media("one-frame.mp4"), { fps: 1 })).numbers).toEqual([0]);
  expect((await watch(await media("one-frame.mp4"), { frames: 3 })).numbers).toEqual([0, 0, 0]);
});

test.each(["moving.gif", "moving.webp"])("%s moves", async (name) => {
  const { video, numbers } = await watch(await media(name), { fps: 10 });
  expect(video.info).toMatchObject({ width: 96, height: 64, durationSeconds: 1 });
  expect(numbers).toEqual(count(10));
  expect((await watch(await media(name), { frames: 2 })).numbers).toEqual([2, 7]);
});

test("an animated PNG moves", async () => {
  const { video, numbers } = await watch(await media("moving.png"), { fps: 10 });
  expect(video.info).toMatchObject({ container: "PNG", width: 48, height: 32 });
  expect(numbers).toEqual(count(6));
});

test.each(["still.png", "still.jpg"])("%s is one frame", async (name) => {
  const { video, numbers } = await watch(await media(name), { fps: 1 });
  expect(video.info).toMatchObject({ width: 96, height: 64, durationSeconds: 0 });
  expect(numbers).toEqual([0]);
  expect(video.plan({ frames: 16 })).toBe(1);
});

test("contents decide, not the name", async () => {
  const file = new File([await media("vp9.webm")], "holiday.mp4", { type: "video/mp4" });
  expect((await watch(file, { fps: 1 })).video.info.container).toBe("WebM");
});

test("a frame that is wanted twice is given twice, each closed by itself", async () => {
  const video = await openVideo(await media("h264-index-last.mp4"));
  const frames: VideoFrame[] = [];
  for await (const { frame } of video.frames({ fps: 20 }, {})) {
    frames.push(frame);
    if (frames.length === 4) break;
  }
  expect(openVideoFrameCount()).toBe(4);
  frames[0]?.close();
  expect(await frameNumber(frames[1] as VideoFrame)).toBe(0);
  for (const frame of frames) frame.close();
});

test("one video can be watched twice at once", async () => {
  for (const name of ["h264-index-last.mp4", "vp9.webm"]) {
    const video = await openVideo(await media(name));
    const collect = async (fps: number) => {
      const numbers: number[] = [];
      for await (const { frame } of video.frames({ fps }, {})) {
        numbers.push(await frameNumber(frame));
        frame.close();
      }
      return numbers;
    };
    const [sparse, dense] = await Promise.all([collect(1), collect(5)]);
    expect(sparse).toEqual([0, 10, 20]);
    expect(dense).toEqual(count(15, 2));
  }
});

test("few frames are alive at once, however slow their consumer is", async () => {
  const video = await openVideo(await media("h264-index-last.mp4"));
  let most = 0;
  for await (const { frame } of video.frames({ fps: 10 }, {})) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    most = Math.max(most, openVideoFrameCount());
    await meanLuma(frame);
    frame.close();
  }
  expect(most).toBeLessThanOrEqual(16);
});
