import { expect, test } from "vitest";
import { openGpu } from "../../../src/gpu/device.ts";
import { readFloats } from "../../../src/gpu/tensor.ts";
import type { VisionConfig } from "../../../src/model/config.ts";
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
    const [red = 0, green = 0, blue = 0] = await colourOf("h264-matrix-only.mp4"); // ffmpeg rounds coarsely
    expect(Math.max(Math.abs(red - 0x1e), Math.abs(green - 0xbd), Math.abs(blue - 0x5f))).toBeLessThanOrEqual(2);
  } finally {
    preprocessor.destroy();
    gpu.destroy();
  }
});
