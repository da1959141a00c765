import { expect, test } from "vitest";
import { openGpu } from "../../../src/gpu/device.ts";
import { readFloats } from "../../../src/gpu/tensor.ts";
import type { VisionConfig } from "../../../src/model/config.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { yuvConversion } from "../../../src/vision/color-conversion.ts";
import { frameLayout } from "../../../src/vision/frame-layout.ts";
import { createPreprocessor } from "../../../src/vision/preprocess.ts";
import * as reference from "../../reference/frame-to-rgb.ts";
import { anyVision } from "../../vision-config.ts";
import { media } from "./media.ts";

/** Browsers hand it out as 10 bits of Y, U and V, or as 8 of R, G and B that still carry PQ. */
test("HDR in PQ reaches the model tone-mapped, whatever the browser hands out", async () => {
  const [y, u, v] = [520, 480, 560]; // of every pixel: see make-media.sh
  const tags = { matrix: "bt2020-ncl", transfer: "pq", fullRange: false };
  const planes = [0, 2, 4].map((offset) => ({ offset, stride: 2 }));
  const layout = frameLayout("I444P10", 1, 1, planes);
  if (!layout) throw new Error("no layout");
  const bytes = new Uint8Array(Uint16Array.of(y, u, v).buffer);
  const view = { x: 0, y: 0, width: 1, height: 1, rotation: 0, pad: [0, 0, 0] } as const;
  const expected = reference.frameToRgb(bytes, layout, yuvConversion(tags, 10), view);
  const undone = reference.frameToRgb(bytes, layout, yuvConversion({ ...tags, transfer: null }, 10), view);

  const vision: VisionConfig = { ...anyVision, imageSize: 10, patchSize: 5, imageMean: [0, 0, 0], imageStd: [1, 1, 1] };
  const gpu = await openGpu();
  const preprocessor = createPreprocessor(gpu, vision, 1);
  try {
    let frames = 0;
    for await (const { frame, rotation } of (await openVideo(await media("hdr-pq.webm"))).frames({ fps: 10 }, {})) {
      await preprocessor.load(frame, rotation, 0);
      frame.close();
      frames++;
      const pixels = await readFloats(gpu, preprocessor.pixels);
      const colour = [0, 1, 2].map((channel) => Math.round((pixels[channel * 100 + 55] ?? -1) * 255));
      const off = (from: Uint8Array) => Math.max(...colour.map((value, i) => Math.abs(value - (from[i] ?? 0))));
      expect([colour, off(expected)]).toEqual([colour, expect.closeTo(0, -1)]); // within 5 steps
      expect(off(undone)).toBeGreaterThan(20);
    }
    expect(frames).toBe(3);
  } finally {
    preprocessor.destroy();
    gpu.destroy();
  }
});
