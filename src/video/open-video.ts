import { AuroraError, toAuroraError } from "../errors.ts";
import { fileGone, isGone } from "./file-gone.ts";
import type { OpenedVideo } from "./frame-source.ts";
import { openMovingImage, openStillImage } from "./image-video.ts";
import { IsoParseError, readIsoIndex } from "./iso-index.ts";
import type { PacketSource } from "./packet-index.ts";
import { sliceSource } from "./slice-source.ts";
import { sniff, sniffByteLength } from "./sniff.ts";
import { readTrackIndex } from "./track-index.ts";
import { openTrackVideo } from "./track-video.ts";

/**
 * Opens a video or picture file by what its bytes are, whatever its name. Works in a window and in a worker.
 * @throws AuroraError `VideoUnreadable`, `NoVideoTrack`, `CodecUnsupported` or `Aborted`
 */
export async function openVideo(source: Blob, options: { signal?: AbortSignal } = {}): Promise<OpenedVideo> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    const opened = await openAny(source, signal);
    if (signal?.aborted) opened.close();
    signal?.throwIfAborted();
    return opened;
  } catch (error) {
    if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.", error);
    if (isGone(error)) throw fileGone(error);
    throw toAuroraError(error, "VideoUnreadable", "This video cannot be read: the file is damaged.");
  }
}

async function openAny(file: Blob, signal: AbortSignal | undefined): Promise<OpenedVideo> {
  if (file.size === 0) throw new AuroraError("VideoUnreadable", "This file is empty, not a video.");
  const kind = sniff(new Uint8Array(await file.slice(0, sniffByteLength).arrayBuffer()));
  switch (kind.kind) {
    case "still-image":
      return openStillImage(file, kind.mimeType);
    case "moving-image":
      return openMovingImage(file, kind.mimeType, signal);
    case "isobmff":
      return openTrack(await openIso(file, signal), signal);
    case "matroska":
    case "mpeg-ts":
      return openTrack(await readTrackIndex(file, signal), signal);
    case "audio":
      throw new AuroraError("NoVideoTrack", `This is a sound file (${kind.name}): there is nothing to watch in it.`);
    case "foreign-video":
      throw new AuroraError(
        "VideoUnreadable",
        `This is a file of the kind ${kind.name}, which browsers cannot read. Convert it to MP4, for example: ` +
          "ffmpeg -i video -c:v libx264 -pix_fmt yuv420p video.mp4",
      );
    case "unknown":
      throw new AuroraError("VideoUnreadable", "This is not a video: its contents are of no known kind.");
  }
}

async function openTrack(source: PacketSource, signal: AbortSignal | undefined): Promise<OpenedVideo> {
  try {
    return await openTrackVideo(source, signal);
  } catch (error) {
    source.close();
    throw error;
  }
}

async function openIso(file: Blob, signal: AbortSignal | undefined): Promise<PacketSource> {
  try {
    return sliceSource(file, await readIsoIndex(file, signal));
  } catch (error) {
    if (!(error instanceof IsoParseError)) throw error;
    return readTrackIndex(file, signal);
  }
}
