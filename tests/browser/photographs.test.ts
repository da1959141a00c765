import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import { readFloats } from "../../src/gpu/tensor.ts";
import { createThumbnail } from "../../src/session/memory/thumbnail.ts";
import { openVideoFrameCount } from "../../src/video/frame-count.ts";
import { openVideo } from "../../src/video/open-video.ts";
import { createPreprocessor, type Preprocessor } from "../../src/vision/preprocess.ts";
import { anyVision } from "../vision-config.ts";
import { media } from "./video/media.ts";

const size = 16;
const vision = { ...anyVision, imageSize: size, patchSize: 4, imageMean: [0, 0, 0], imageStd: [1, 1, 1] } as const;

let gpu: Gpu;
let preprocessor: Preprocessor;

beforeAll(async () => {
  gpu = await openGpu();
  preprocessor = createPreprocessor(gpu, vision, 1);
});

afterAll(() => {
  preprocessor.destroy();
  gpu.destroy();
});

/** The stored picture's quarters as R, G, B: above and below, left and right. */
const quarters = { a: [220, 200, 250], b: [40, 200, 30], c: [220, 60, 30], d: [40, 60, 30] } as const;

// The quarters from left to right and top to bottom as EXIF 2.3 defines each orientation. `irot` 3 is orientation 6, `imir` 1 is 2.
test.each([
  ["turned-3.jpg", "dcba"],
  ["turned-5.jpg", "acbd"],
  ["turned-6.jpg", "cadb"],
  ["turned-8.jpg", "bdac"],
  ["turned-6.avif", "cadb"],
  ["turned-2.avif", "badc"],
] as const)("%s reaches the model and the eye upright", async (name, order) => {
  const video = await openVideo(await media(name));
  const expected = [...order].map((quarter) => quarters[quarter as keyof typeof quarters]);
  for await (const { frame, rotation, mirrored } of video.frames({ frames: 1 }, {})) {
    await preprocessor.load(frame, rotation, 0, mirrored);
    const thumbnail = await createThumbnail(frame, rotation, vision, mirrored);
    frame.close();
    const pixels = await readFloats(gpu, preprocessor.pixels);
    const seen = (x: number, y: number) => [0, 1, 2].map((c) => (pixels[(c * size + y) * size + x] ?? 0) * 255);
    expectColours([seen(3, 3), seen(12, 3), seen(3, 12), seen(12, 12)], expected);
    expectColours(await drawn(thumbnail as Blob), expected);
  }
  const upright = /[68]/.test(name) || name === "turned-5.jpg" ? [32, 48] : [48, 32];
  expect([video.info.width, video.info.height]).toEqual(upright);
  expect(openVideoFrameCount()).toBe(0);
});

function expectColours(colours: number[][], expected: readonly (readonly number[])[]): void {
  const far = (a: readonly number[], b: readonly number[]) =>
    Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));
  for (const [i, colour] of colours.entries()) expect(far(colour, expected[i] ?? []), `${colours}`).toBeLessThan(40);
}

/** The colours at the centres of a picture's quarters. */
async function drawn(picture: Blob): Promise<number[][]> {
  const bitmap = await createImageBitmap(picture);
  const context = new OffscreenCanvas(4, 4).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0, 4, 4);
  const at = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data.subarray(0, 3)];
  return [at(0, 0), at(3, 0), at(0, 3), at(3, 3)];
}
