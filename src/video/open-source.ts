import { downloadVideo } from "./download-video.ts";
import type { FrameSource, Sampling, WatchSource } from "./frame-source.ts";
import { openVideo } from "./open-video.ts";

type OpenSourceOptions = {
  readonly signal: AbortSignal;
  /** Told how much of a file by address is there; `totalBytes` is null while nobody knows. */
  readonly onDownload: (loadedBytes: number, totalBytes: number | null) => void;
};

/**
 * Opens whatever is to be watched.
 *
 * @throws AuroraError `DownloadFailed`, `VideoUnreadable`, `NoVideoTrack`, `CodecUnsupported` or `Aborted`
 */
export async function openSource(
  source: WatchSource,
  sampling: Sampling,
  { signal, onDownload }: OpenSourceOptions,
): Promise<FrameSource> {
  switch (source.kind) {
    case "file":
      return openFile(source.file, source.name, sampling, signal);
    case "address":
      return openFile(await downloadVideo(source.url, { signal }, onDownload), nameOf(source.url), sampling, signal);
  }
}

async function openFile(file: Blob, name: string, sampling: Sampling, signal: AbortSignal): Promise<FrameSource> {
  const video = await openVideo(file, { signal });
  return {
    info: { ...video.info, name },
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
