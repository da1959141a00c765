import { afterEach, expect, test, vi } from "vitest";
import { openVideo } from "../../../src/video/open-video.ts";
import { media, watch } from "./media.ts";

// What other browsers lack, taken away here: docs/browsers.md lists it.

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each(["moving.gif", "moving.webp", "moving.png"])(
  "without an ImageDecoder %s is its first picture, and that is told",
  async (name) => {
    vi.stubGlobal("ImageDecoder", undefined);
    const { numbers, times, losses } = await watch(await media(name), { fps: 5 });
    expect([numbers, times]).toEqual([[0], [0]]);
    expect(losses).toEqual([{ reason: "still", fromSeconds: 0, toSeconds: 0, frames: 0 }]);
  },
);

test("without an ImageDecoder a GIF that does not move lacks nothing", async () => {
  vi.stubGlobal("ImageDecoder", undefined);
  // 1 × 1, one picture with its control block.
  const gif = atob("R0lGODlhAQABAPAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==");
  const file = new Blob([Uint8Array.from(gif, (byte) => byte.charCodeAt(0))]);
  expect((await watch(file, { fps: 5 })).losses).toEqual([]);
});

test("without an ImageDecoder for its kind a moving picture is its first", async () => {
  vi.stubGlobal("ImageDecoder", { isTypeSupported: async () => false });
  expect((await watch(await media("moving.webp"), { fps: 5 })).losses).toMatchObject([{ reason: "still" }]);
});

test("frames that say nothing of their rotation are turned as the file says", async () => {
  const rotation = Object.getOwnPropertyDescriptor(VideoFrame.prototype, "rotation");
  Reflect.deleteProperty(VideoFrame.prototype, "rotation");
  try {
    const video = await openVideo(await media("h264-rotated.mov"));
    for await (const { frame, rotation: turn } of video.frames({ fps: 1 }, {})) {
      frame.close();
      expect(turn).toBe(270);
    }
  } finally {
    if (rotation) Object.defineProperty(VideoFrame.prototype, "rotation", rotation);
  }
});

test("frames that come out in another order are given in order of time", async () => {
  const Decoder = VideoDecoder;
  /** Gives every second frame before the one that comes before it. */
  class Swapping extends Decoder {
    readonly #last: () => void;
    constructor({ output, error }: VideoDecoderInit) {
      let held: VideoFrame | null = null;
      const giveHeld = () => {
        if (held) output(held);
        held = null;
      };
      super({
        output(frame) {
          if (!held) held = frame;
          else {
            output(frame);
            giveHeld();
          }
        },
        error,
      });
      this.#last = giveHeld;
    }
    override async flush(): Promise<void> {
      await super.flush();
      this.#last();
    }
  }
  vi.stubGlobal("VideoDecoder", Swapping);
  const { numbers, losses } = await watch(await media("h264-open-gop.mp4"), { fps: 10 });
  expect({ numbers, losses }).toEqual({ numbers: Array.from({ length: 30 }, (_, i) => i), losses: [] });
});
