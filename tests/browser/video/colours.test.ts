import { expect, test } from "vitest";
import { openGpu } from "../../../src/gpu/device.ts";
import { readFloats } from "../../../src/gpu/tensor.ts";
import type { VisionConfig } from "../../../src/model/config.ts";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { createPreprocessor } from "../../../src/vision/preprocess.ts";
import { anyVision } from "../../vision-config.ts";
import { media } from "./media.ts";

/** What the first frame of a file says of its colours. */
async function coloursOf(file: Blob): Promise<VideoColorSpaceInit> {
  for await (const { frame } of (await openVideo(file)).frames({ frames: 1 }, {})) {
    const told = frame.colorSpace.toJSON();
    frame.close();
    return told;
  }
  throw new Error("no frame");
}

test.each(["h264-index-last.mp4", "h264-rotated.mov", "h264-no-cues.mkv", "h264.mpegts", "vp9.webm"])(
  "%s, which says nothing of its colours, is not taken for BT.709",
  async (name) => {
    expect((await coloursOf(await media(name))).matrix).not.toBe("bt709");
  },
);

test("what the stream itself says counts where the file says nothing", async () => {
  const bytes = new Uint8Array(await (await fetch("/samples/one-object.mp4")).arrayBuffer());
  const at = new TextDecoder("latin1").decode(bytes).indexOf("colr");
  expect(at).toBeGreaterThan(0);
  expect((await coloursOf(new Blob([bytes]))).matrix).toBe("bt709");
  bytes.set(new TextEncoder().encode("free"), at);
  expect((await coloursOf(new Blob([bytes]))).matrix).toBe("bt709");
});

/** The largest difference of two colours in a channel. */
function distance(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));
}

// Right values: ffmpeg -i FILE -frames:v 1 -pix_fmt rgb24 -f rawvideo -
test("RGB, and colours that only the stream tells in part, reach the model as they are", async () => {
  const vision: VisionConfig = { ...anyVision, imageMean: [0, 0, 0], imageStd: [1, 1, 1] };
  const gpu = await openGpu();
  const preprocessor = createPreprocessor(gpu, vision, 1);
  const colourOf = async (name: string) => {
    for await (const { frame, rotation } of (await openVideo(await media(name))).frames({ frames: 1 }, {})) {
      await preprocessor.load(frame, rotation, 0).finally(() => frame.close());
    }
    const pixels = await readFloats(gpu, preprocessor.pixels);
    return [0, 1, 2].map((channel) => Math.round((pixels[channel * 256 + 120] ?? -1) * 255));
  };
  try {
    expect(await colourOf("h264-rgb.mp4")).toEqual([0x20, 0xc0, 0x60]);
    expect(await colourOf("vp9-rgb.webm")).toEqual([0x20, 0xc0, 0x60]);
    // ffmpeg rounds coarsely.
    expect(distance(await colourOf("h264-matrix-only.mp4"), [0x1e, 0xbd, 0x5f])).toBeLessThanOrEqual(2);
    expect(distance(await colourOf("h264-240m.mp4"), [0x1c, 0xbc, 0x5c])).toBeLessThanOrEqual(2);
  } finally {
    preprocessor.destroy();
    gpu.destroy();
  }
});

// Right values: ffprobe, and ffmpeg -flags unaligned -i FILE -frames:v 1 -pix_fmt rgb24 -f rawvideo -
test("what a stream cuts off on the left and above is not shown", async () => {
  const openBefore = openVideoFrameCount();
  for await (const { frame } of (await openVideo(await media("h264-cropped.mp4"))).frames({ frames: 1 }, {})) {
    expect([frame.displayWidth, frame.displayHeight]).toEqual([54, 58]);
    const context = new OffscreenCanvas(54, 58).getContext("2d") as OffscreenCanvasRenderingContext2D;
    context.drawImage(frame, 0, 0);
    frame.close();
    const { data } = context.getImageData(0, 0, 54, 58);
    const farthest = Array.from({ length: 54 * 58 }, (_, i) =>
      distance([...data.subarray(4 * i, 4 * i + 3)], [31, 190, 95]),
    );
    expect(Math.max(...farthest)).toBeLessThan(40); // white is 224 away
  }
  expect(openVideoFrameCount()).toBe(openBefore);
});
