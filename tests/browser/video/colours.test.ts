import { expect, test } from "vitest";
import { openVideo } from "../../../src/video/open-video.ts";
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
