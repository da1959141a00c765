import { AuroraError } from "../errors.ts";
import type { FrameSource, Sampling, WatchSource } from "./frame-source.ts";
import { openVideo } from "./open-video.ts";

/**
 * Opens whatever is to be watched.
 *
 * @throws AuroraError `DownloadFailed`, `VideoUnreadable`, `NoVideoTrack`, `CodecUnsupported` or `Aborted`
 */
export async function openSource(source: WatchSource, sampling: Sampling, signal: AbortSignal): Promise<FrameSource> {
  switch (source.kind) {
    case "file":
      return openFile(source.file, source.name, sampling, signal);
    case "address":
      return openFile(await download(source.url, signal), nameOf(source.url), sampling, signal);
  }
}

async function openFile(file: Blob, name: string, sampling: Sampling, signal: AbortSignal): Promise<FrameSource> {
  const video = await openVideo(file, { signal });
  return {
    info: { ...video.info, name },
    plan: () => video.plan(sampling),
    frames: (options) => video.frames(sampling, options),
    close: () => video.close(),
  };
}

/** The last part of an address's path. */
function nameOf(url: string): string {
  return url.split(/[?#]/)[0]?.split("/").at(-1) ?? url;
}
/** The video's bytes; an address is downloaded first. @throws AuroraError `DownloadFailed` or `Aborted` */
async function download(source: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(source, { signal }).catch((cause: unknown) => {
    if (signal.aborted) throw new AuroraError("Aborted", "Stopped.", cause);
    throw new AuroraError(
      "DownloadFailed",
      "The video could not be downloaded. Check the address and the connection; the server must allow other sites to read it (CORS).",
      cause,
    );
  });
  if (!response.ok)
    throw new AuroraError(
      "DownloadFailed",
      `The video could not be downloaded: the server answered ${response.status}. Check the address.`,
    );
  return await response.blob();
}
