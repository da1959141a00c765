import { AuroraError } from "../errors.ts";
import type { VideoLoss } from "./frame-source.ts";

/** A part that could not be watched, as a notice. */
export function describeLoss({ reason, fromSeconds, toSeconds, frames, name }: VideoLoss): AuroraError {
  const [from, to] = [fromSeconds.toFixed(1), toSeconds.toFixed(1)];
  if (reason === "still") {
    return new AuroraError(
      "CodecUnsupported",
      "This browser shows only the first picture of a moving one, so only that was watched. Open it in Chrome, Edge or Firefox, " +
        "or convert it, for example: ffmpeg -i picture -pix_fmt yuv420p video.mp4",
    );
  }
  if (reason === "followed") {
    return new AuroraError(
      "VideoUnreadable",
      "Behind this recording lies another one in the same file, which was not watched. Join them to one, for example: " +
        "ffmpeg -f concat -i list.txt -c copy video.mkv",
    );
  }
  const which = name === undefined ? "" : `${name}: `;
  const lost = frames === 1 ? "1 frame" : `${frames} frames`;
  return reason === "truncated"
    ? new AuroraError(
        "VideoUnreadable",
        `${which}The file is cut off: it should last ${to} s but ends at ${from} s. What is there was watched; ${lost} could not be.`,
      )
    : new AuroraError(
        "VideoUnreadable",
        `${which}The video is damaged from ${from} s to ${to} s: ${lost} skipped. The rest was watched.`,
      );
}
