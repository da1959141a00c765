import type { AuroraError } from "../errors.ts";
import { downloadVideo } from "./download-video.ts";
import { openList } from "./file-list.ts";
import type { FileSource, FrameSource, Sampling, WatchSource } from "./frame-source.ts";
import { openLive } from "./live-source.ts";
import { openVideo } from "./open-video.ts";

type OpenSourceOptions = {
  readonly signal: AbortSignal;
  /** Told how much of a file by address is there; `totalBytes` is null while nobody knows. */
  readonly onDownload: (loadedBytes: number, totalBytes: number | null) => void;
  /** Told how much of a file has been looked through while it is opened, 0 to 1. */
  readonly onOpening: (part: number) => void;
  /** Told of each file of a list that cannot be watched, on opening and later. */
  readonly onSkipped: (error: AuroraError) => void;
};

/**
 * Opens whatever is to be watched.
 *
 * @throws AuroraError `DownloadFailed`, `VideoUnreadable`, `NoVideoTrack`, `CodecUnsupported`, `CaptureEnded` or `Aborted`
 */
export async function openSource(
  source: WatchSource,
  sampling: Sampling,
  { signal, onDownload, onOpening, onSkipped }: OpenSourceOptions,
): Promise<FrameSource> {
  const fetchFile = async (each: FileSource) =>
    each.kind === "file"
      ? each
      : { file: await downloadVideo(each.url, { signal }, onDownload), name: nameOf(each.url) };
  switch (source.kind) {
    case "live":
      return openLive(source, sampling, signal);
    case "list":
      return openList(source.sources, fetchFile, sampling, { signal, onSkipped });
    default: {
      const { file, name } = await fetchFile(source);
      return openFile(file, name, sampling, { signal, onProgress: onOpening });
    }
  }
}

async function openFile(
  file: Blob,
  name: string,
  sampling: Sampling,
  options: { signal: AbortSignal; onProgress: (part: number) => void },
): Promise<FrameSource> {
  const video = await openVideo(file, options);
  return {
    info: { ...video.info, name },
    repeatable: true,
    sound: video.clock && { file, clock: video.clock },
    plan: () => video.plan(sampling),
    frames: (options) => video.frames(sampling, options),
    close: () => video.close(),
  };
}

/** The last part of an address's path. */
function nameOf(url: string): string {
  return url.split(/[?#]/)[0]?.split("/").at(-1) ?? url;
}
