import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import { readFloats } from "../../src/gpu/tensor.ts";
import type { Rotation } from "../../src/kernels/frame-to-rgb.ts";
import type { VisionConfig } from "../../src/model/config.ts";
import { rgbConversion, yuvConversion } from "../../src/vision/color-conversion.ts";
import { frameLayout } from "../../src/vision/frame-layout.ts";
import { createPreprocessor, type Preprocessor } from "../../src/vision/preprocess.ts";
import * as reference from "../reference/frame-to-rgb.ts";
import { fillSamples, formats, planesOf } from "../video-formats.ts";
import { anyVision } from "../vision-config.ts";

const size = 15;

/** Cutting 15 × 15 out of 22 × 15 needs no resize, so that pixels times 255 are the converted bytes themselves. */
const vision: VisionConfig = { ...anyVision, imageSize: size, patchSize: 5, imageMean: [0, 0, 0], imageStd: [1, 1, 1] };

let gpu: Gpu;
let preprocessor: Preprocessor;

beforeAll(async () => {
  gpu = await openGpu();
  void gpu.failed.then((error) => {
    throw error;
  });
  preprocessor = createPreprocessor(gpu, vision, 2);
});

afterAll(() => {
  preprocessor.destroy();
  expect(gpu.ledger).toEqual({ buffers: 0, bytes: 0 });
  gpu.destroy();
});

type Tags = { matrix: string | null; primaries: string | null; transfer: string | null; fullRange: boolean | null };

const untagged: Tags = { matrix: null, primaries: null, transfer: null, fullRange: null };
const bt709: Tags = { matrix: "bt709", primaries: "bt709", transfer: "bt709", fullRange: false };

function makeFrame(format: string, width: number, height: number, colorSpace: Tags, more: object = {}) {
  const { planes, byteLength } = planesOf(format, width, height);
  const bytes = fillSamples(format, byteLength, width + height);
  // Bitmaps may be premultiplied: what is not opaque would come back less exact from one.
  if (format.endsWith("X")) for (let i = 3; i < byteLength; i += 4) bytes[i] = 255;
  const init = { format, codedWidth: width, codedHeight: height, timestamp: 0, colorSpace, ...more };
  return { frame: new VideoFrame(bytes, init as VideoFrameBufferInit), bytes, planes };
}

/** Loads a frame into slot 1 and reads its bytes [S, S, 3] back. */
async function load(frame: VideoFrame, rotation: Rotation = 0): Promise<Uint8Array> {
  await preprocessor.load(frame, rotation, 1);
  frame.close();
  const area = size * size;
  const pixels = (await readFloats(gpu, preprocessor.pixels)).subarray(3 * area);
  return Uint8Array.from(pixels, (_, i) => Math.round((pixels[(i % 3) * area + Math.floor(i / 3)] ?? -1) * 255));
}

function expected(
  made: ReturnType<typeof makeFrame>,
  format: string,
  width: number,
  height: number,
  tags: Tags,
  rotation: Rotation,
) {
  const layout = frameLayout(format, width, height, made.planes);
  if (!layout) throw new Error(`no layout for ${format}`);
  const conversion = /^(RGB|BGR)/.test(format) ? rgbConversion(tags) : yuvConversion(tags, layout.bits);
  const [w, h] = rotation % 180 === 0 ? [width, height] : [height, width];
  const [x, y] = [Math.floor((w - size) / 2), Math.floor((h - size) / 2)];
  return reference.frameToRgb(made.bytes, layout, conversion, {
    x,
    y,
    width: size,
    height: size,
    rotation,
    pad: [0, 0, 0],
  });
}

const difference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0);

// Chromium does not know the 12-bit formats with alpha; the kernel's own test has them.
describe.each(formats.filter((format) => !format.endsWith("AP12")))("%s", (format) => {
  it.each([
    [22, 15, 0],
    [15, 19, 180],
    [17, 15, 90],
    [15, 16, 270],
  ] as const)("%i × %i turned by %i has the reference's bytes", async (width, height, rotation) => {
    const made = makeFrame(format, width, height, bt709);
    expect(made.frame.format).toBe(format);
    expect(await load(made.frame, rotation)).toEqual(expected(made, format, width, height, bt709, rotation));
  });
});

it.each([
  untagged,
  { ...bt709, fullRange: true },
  { matrix: "smpte170m", primaries: "smpte170m", transfer: "smpte170m", fullRange: false },
  { matrix: "bt470bg", primaries: "bt470bg", transfer: "bt709", fullRange: true },
  { matrix: "bt2020-ncl", primaries: "bt2020", transfer: "bt709", fullRange: false },
  { matrix: "rgb", primaries: "bt709", transfer: "iec61966-2-1", fullRange: true },
])("follows the frame's colour tags: %o", async (tags) => {
  const made = makeFrame("I444", 16, 15, tags);
  expect(await load(made.frame)).toEqual(expected(made, "I444", 16, 15, tags, 0));
});

it.each(["pq", "hlg"])("tone-maps %s", async (transfer) => {
  const tags = { matrix: "bt2020-ncl", primaries: "bt2020", transfer, fullRange: false };
  const made = makeFrame("I420P10", 16, 15, tags);
  const output = await load(made.frame);
  expect(difference(output, expected(made, "I420P10", 16, 15, tags, 0))).toBeLessThanOrEqual(1);
});

it("reads the visible part of a padded frame", async () => {
  const made = makeFrame("I420", 32, 24, bt709, { visibleRect: { x: 4, y: 2, width: 15, height: 15 } });
  const layout = frameLayout("I420", 32, 24, made.planes);
  if (!layout) throw new Error("no layout");
  const view = { x: 4, y: 2, width: size, height: size, rotation: 0, pad: [0, 0, 0] } as const;
  expect(await load(made.frame)).toEqual(reference.frameToRgb(made.bytes, layout, yuvConversion(bt709, 8), view));
});

describe("a frame without raw planes", () => {
  const srgb: Tags = { matrix: "rgb", primaries: "bt709", transfer: "iec61966-2-1", fullRange: true };
  const refuse = () => Promise.reject(new DOMException("no planes", "NotSupportedError"));
  const hide = (made: ReturnType<typeof makeFrame>) => {
    Object.defineProperty(made.frame, "format", { value: null });
    return made;
  };

  it("comes through a texture where the format is unknown", async () => {
    const made = hide(makeFrame("RGBX", 22, 15, srgb));
    expect(await load(made.frame, 180)).toEqual(expected(made, "RGBX", 22, 15, srgb, 180));
  });

  it("comes through a texture where copyTo refuses", async () => {
    const made = makeFrame("BGRX", 15, 19, srgb);
    Object.defineProperty(made.frame, "copyTo", { value: refuse });
    expect(await load(made.frame)).toEqual(expected(made, "BGRX", 15, 19, srgb, 0));
  });

  it("is turned once where the frame itself says that it is turned", async () => {
    const made = hide(makeFrame("RGBX", 22, 15, srgb, { rotation: 90 }));
    expect((made.frame as VideoFrame & { rotation: number }).rotation).toBe(90);
    expect(await load(made.frame, 90)).toEqual(expected(made, "RGBX", 22, 15, srgb, 90));
  });

  it.each(["throws", "is invalid"])("comes through a canvas where the copy to a texture %s", async (how) => {
    const { queue } = gpu.device;
    const copy = queue.copyExternalImageToTexture.bind(queue);
    queue.copyExternalImageToTexture = (source, destination) => {
      if (how === "throws") throw new DOMException("no copy", "OperationError");
      copy(source, destination, [4096, 1]);
    };
    try {
      const made = hide(makeFrame("RGBX", 22, 15, srgb));
      expect(await load(made.frame)).toEqual(expected(made, "RGBX", 22, 15, srgb, 0));
    } finally {
      queue.copyExternalImageToTexture = copy;
    }
  });

  it("that is closed is refused with a sentence", async () => {
    const { frame } = makeFrame("I420", 22, 15, bt709);
    frame.close();
    await expect(preprocessor.load(frame, 0, 0)).rejects.toMatchObject({ code: "VideoUnreadable" });
  });
});

it("loads frames that are asked for at once, and none after its end", async () => {
  const made = [22, 15, 17].map((width) => makeFrame("I420", width, 15, bt709));
  const several = createPreprocessor(gpu, vision, 3);
  await Promise.all(made.map(({ frame }, slot) => several.load(frame, 0, slot)));
  const pixels = await readFloats(gpu, several.pixels);
  for (const [slot, { frame }] of made.entries()) {
    await preprocessor.load(frame, 0, 0);
    const alone = (await readFloats(gpu, preprocessor.pixels)).subarray(0, 3 * size * size);
    expect(pixels.subarray(slot * alone.length, (slot + 1) * alone.length)).toEqual(alone);
  }
  const late = several.load(made[0]?.frame as VideoFrame, 0, 0);
  several.destroy();
  await late;
  for (const { frame } of made) frame.close();
});
