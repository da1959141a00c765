import type { OpenedVideo, VideoLoss } from "../../../src/video/frame-source.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import type { Sampling } from "../../../src/video/sample-plan.ts";

const urls = import.meta.glob("../../fixtures/media/*", { query: "?url", import: "default", eager: true });

/** URL of a file of tests/fixtures/media. */
function mediaUrl(name: string): string {
  const url = urls[`../../fixtures/media/${name}`];
  if (typeof url !== "string") throw new Error(`no fixture ${name}`);
  return url;
}

/** A file of tests/fixtures/media. */
export async function media(name: string): Promise<Blob> {
  return (await fetch(mediaUrl(name))).blob();
}

/** Mean BT.601 luma in 8-bit steps: of the first plane, or computed from RGB. */
export async function meanLuma(frame: VideoFrame): Promise<number> {
  const bytes = new Uint8Array(frame.allocationSize());
  const [layout] = await frame.copyTo(bytes);
  const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
  const { offset, stride } = layout as PlaneLayout;
  const format = frame.format ?? "";
  const at = (index: number) => bytes[index] ?? 0;
  let pixel = at;
  let step = 1;
  if (/^(RGB|BGR)/.test(format)) {
    const [red, blue] = format.startsWith("RGB") ? [0, 2] : [2, 0];
    pixel = (i) => 16 + 0.2568 * at(i + red) + 0.5041 * at(i + 1) + 0.0979 * at(i + blue);
    step = 4;
  } else if (format.endsWith("P10")) {
    pixel = (i) => (at(i) + 256 * at(i + 1)) / 4;
    step = 2;
  }
  let sum = 0;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) sum += pixel(offset + y * stride + x * step);
  return sum / (width * height);
}

/** Which frame of the fixtures' clip this is: frame N has mean luma 24 + 6 N. */
export async function frameNumber(frame: VideoFrame): Promise<number> {
  return Math.max(0, Math.round(((await meanLuma(frame)) - 24) / 6));
}

/** What came of watching a whole video. */
export type Watched = {
  video: OpenedVideo;
  times: number[];
  indices: number[];
  numbers: number[];
  losses: VideoLoss[];
};

/** Watches `file` to the end, checking the plan's count. */
export async function watch(file: Blob, sampling: Sampling): Promise<Watched> {
  const video = await openVideo(file);
  const watched: Watched = { video, times: [], indices: [], numbers: [], losses: [] };
  const options = { onLoss: (loss: VideoLoss) => watched.losses.push(loss) };
  for await (const { frame, timestampSeconds, index } of video.frames(sampling, options)) {
    try {
      watched.times.push(timestampSeconds);
      watched.indices.push(index);
      watched.numbers.push(await frameNumber(frame));
    } finally {
      frame.close();
    }
  }
  const damaged = watched.losses.filter((loss) => loss.reason === "damaged");
  const lost = damaged.reduce((sum, loss) => sum + loss.frames, 0);
  const planned = video.plan(sampling);
  if (watched.times.length + lost !== planned)
    throw new Error(`${watched.times.length} + ${lost} frames of ${planned}`);
  return watched;
}
