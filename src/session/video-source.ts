import { AuroraError } from "../errors.ts";
import { downloadVideo } from "../video/download-video.ts";
import type { OpenedVideo, VideoLoss } from "../video/frame-source.ts";
import type { SessionSnapshot } from "./types.ts";

/** What a snapshot says of a video. */
export function describeVideo(source: Blob | string, { info }: OpenedVideo): SessionSnapshot["video"] {
  const { container, codec, width, height, durationSeconds } = info;
  const name =
    typeof source === "string"
      ? (source.split(/[?#]/)[0]?.split("/").at(-1) ?? source)
      : source instanceof File
        ? source.name
        : "video";
  return { name, container, codec, width, height, durationSeconds };
}

/** A part that could not be watched, as a notice. */
export function describeLoss({ reason, fromSeconds, toSeconds, frames }: VideoLoss): AuroraError {
  const [from, to] = [fromSeconds.toFixed(1), toSeconds.toFixed(1)];
  const lost = frames === 1 ? "1 frame" : `${frames} frames`;
  return reason === "truncated"
    ? new AuroraError(
        "VideoUnreadable",
        `The file is cut off: it should last ${to} s but ends at ${from} s. What is there was watched; ${lost} could not be.`,
      )
    : new AuroraError(
        "VideoUnreadable",
        `The video is damaged from ${from} s to ${to} s: ${lost} skipped. The rest was watched.`,
      );
}

/** The video's bytes; an address is downloaded first. @throws AuroraError `DownloadFailed` or `Aborted` */
export async function toBlob(source: Blob | string, signal: AbortSignal): Promise<Blob> {
  return typeof source === "string" ? await downloadVideo(source, { signal }) : source;
}
