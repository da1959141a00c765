import { afterEach, expect, test } from "vitest";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { openingPatience, openVideo } from "../../../src/video/open-video.ts";
import { media, watch } from "./media.ts";

afterEach(() => {
  expect(openVideoFrameCount()).toBe(0);
});

const tenths = (count: number) => Array.from({ length: count }, (_, i) => i);

test("a picture that ends before its sound does is not cut off", async () => {
  const { video, numbers, losses } = await watch(await media("sound-lasts-longer.webm"), { fps: 10 });
  expect({ numbers, losses }).toEqual({ numbers: tenths(10), losses: [] });
  expect(video.info.durationSeconds).toBeCloseTo(1, 2);
});

test("a cover in front of the video is not what is watched", async () => {
  const { video, numbers, losses } = await watch(await media("cover-first.webm"), { fps: 10 });
  expect({ numbers, losses }).toEqual({ numbers: tenths(30), losses: [] });
  expect(video.info).toMatchObject({ width: 96, height: 64 });
});

/** A file whose disk does not answer. */
class SlowFile extends Blob {
  override slice(): Blob {
    return new SlowFile();
  }
  override arrayBuffer(): Promise<ArrayBuffer> {
    return new Promise(() => undefined);
  }
  override get size(): number {
    return 1e6;
  }
}

test("opening has an end, with a sentence", async () => {
  const { limitMs } = openingPatience;
  openingPatience.limitMs = 100;
  try {
    await expect(openVideo(new SlowFile())).rejects.toMatchObject({
      code: "VideoUnreadable",
      message: expect.stringMatching(/takes too long/),
    });
  } finally {
    openingPatience.limitMs = limitMs;
  }
});

test("opening ends when it is told to, whatever it waits for", async () => {
  const stop = new AbortController();
  const opening = openVideo(new SlowFile(), { signal: stop.signal });
  stop.abort();
  await expect(opening).rejects.toMatchObject({ code: "Aborted" });
});
