import { AuroraError, toAuroraError } from "../errors.ts";
import { loadPart } from "../load-part.ts";
import { withWholeFrames } from "./field-pairs.ts";
import { fileGone, isGone } from "./file-gone.ts";
import type { OpenedVideo } from "./frame-source.ts";
import { openMovingImage, openStillImage } from "./image-video.ts";
import { IsoParseError, readIsoIndex } from "./iso-index.ts";
import { withWholeCluster } from "./matroska-cut.ts";
import type { OpeningListener, PacketSource } from "./packet-index.ts";
import { sliceSource } from "./slice-source.ts";
import { sniff, sniffByteLength } from "./sniff.ts";
import { openTrackVideo } from "./track-video.ts";
import { fromTables } from "./transport-stream.ts";
import { withVp9Codec } from "./vp9.ts";

/** How long a file may take to open: long films in WebM are read from end to end. Tests shorten it. */
export const openingPatience = { limitMs: 300_000 };

type OpenOptions = {
  readonly signal?: AbortSignal;
  /** Told how much of the file has been looked through, 0 to 1. */
  readonly onProgress?: OpeningListener;
};

/**
 * Opens a video or picture file by what its bytes are, whatever its name. Works in a window and in a worker.
 * @throws AuroraError `VideoUnreadable`, `NoVideoTrack`, `CodecUnsupported` or `Aborted`
 */
export async function openVideo(source: Blob, options: OpenOptions = {}): Promise<OpenedVideo> {
  const { signal, onProgress = () => undefined } = options;
  const limit = AbortSignal.timeout(openingPatience.limitMs);
  const ending = signal ? AbortSignal.any([signal, limit]) : limit;
  try {
    signal?.throwIfAborted();
    return await unlessAborted(openAny(source, ending, onProgress), ending);
  } catch (error) {
    if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.", error);
    if (limit.aborted) throw tooLong(error);
    if (isGone(error)) throw fileGone(error);
    throw toAuroraError(error, "VideoUnreadable", "This video cannot be read: the file is damaged.");
  }
}

/** What `opening` gives, or an error as soon as `signal` is aborted; what comes too late is closed. */
async function unlessAborted(opening: Promise<OpenedVideo>, signal: AbortSignal): Promise<OpenedVideo> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([opening, promise]);
  } catch (error) {
    if (signal.aborted)
      void opening.then(
        (late) => late.close(),
        () => undefined,
      );
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function tooLong(cause: unknown): AuroraError {
  return new AuroraError(
    "VideoUnreadable",
    "Opening this video takes too long: its index does not come to an end. Convert it to MP4, for example: " +
      "ffmpeg -i video -c copy video.mp4",
    cause,
  );
}

async function openAny(file: Blob, signal: AbortSignal, onProgress: OpeningListener): Promise<OpenedVideo> {
  if (file.size === 0) {
    await file.arrayBuffer(); // one that was deleted has no size either: only reading tells
    throw new AuroraError("VideoUnreadable", "This file is empty, not a video.");
  }
  const kind = sniff(new Uint8Array(await file.slice(0, sniffByteLength).arrayBuffer()));
  switch (kind.kind) {
    case "still-image":
      return openStillImage(file, kind.mimeType);
    case "moving-image":
      return openMovingImage(file, kind.mimeType, signal);
    case "isobmff":
      return openTrack(await openIso(file, signal, onProgress), signal);
    case "matroska":
      return openTrack(await indexWhole(await withWholeCluster(file, signal), signal, onProgress), signal);
    case "mpeg-ts":
      return openTrack(await indexWhole(await fromTables(file), signal, onProgress), signal);
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

/** Indexes a file that has no tables of its own, or none that can be read. */
async function indexWhole(file: Blob, signal: AbortSignal, onProgress: OpeningListener): Promise<PacketSource> {
  const { readTrackIndex } = await loadPart(() => import("./track-index.ts"));
  return readTrackIndex(file, signal, onProgress);
}

async function openTrack(source: PacketSource, signal: AbortSignal): Promise<OpenedVideo> {
  try {
    return await openTrackVideo(await withWholeFrames(source, signal), signal);
  } catch (error) {
    source.close();
    throw error;
  }
}

async function openIso(file: Blob, signal: AbortSignal, onProgress: OpeningListener): Promise<PacketSource> {
  try {
    return await withVp9Codec(sliceSource(file, await readIsoIndex(file, signal, onProgress)));
  } catch (error) {
    if (!(error instanceof IsoParseError)) throw error;
    return indexWhole(file, signal, onProgress);
  }
}
