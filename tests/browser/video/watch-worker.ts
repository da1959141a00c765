import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { frameNumber } from "./media.ts";

// Watches each file it is sent, and answers with the numbers of the frames and how many were left open.
self.onmessage = async ({ data }: MessageEvent<Blob>) => {
  const numbers: number[] = [];
  try {
    const video = await openVideo(data);
    for await (const { frame } of video.frames({ fps: 5 }, {})) {
      numbers.push(await frameNumber(frame));
      frame.close();
    }
    self.postMessage({ numbers, open: openVideoFrameCount() });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
