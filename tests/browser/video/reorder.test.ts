import { afterEach, expect, test } from "vitest";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import type { Sampling } from "../../../src/video/frame-source.ts";
import { media, watch } from "./media.ts";

afterEach(() => {
  expect(openVideoFrameCount()).toBe(0);
});

const ten = Array.from({ length: 30 }, (_, i) => i);

/** Samplings of three seconds at ten frames a second, and the frames that ffmpeg shows at their times. */
const samplings: readonly (readonly [Sampling, number[]])[] = [
  [{ fps: 1 }, [0, 10, 20]],
  [{ fps: 2 }, [0, 5, 10, 15, 20, 25]],
  [{ fps: 5 }, ten.filter((i) => i % 2 === 0)],
  [{ fps: 10 }, ten],
  [{ frames: 5 }, [3, 9, 15, 21, 27]],
];

// Cameras write neither how deeply pictures are reordered nor gaps in their order, from which decoders guess it.
test.each(["h264-no-vui.mp4", "h264-open-gop.mp4"])("no B-frame of %s is lost, in ten runs", async (name) => {
  const file = await media(name);
  for (let run = 0; run < 10; run++) {
    for (const [sampling, expected] of samplings) {
      const { numbers, losses } = await watch(file, sampling);
      expect({ sampling, numbers, losses }).toEqual({ sampling, numbers: expected, losses: [] });
    }
  }
});
