import { AuroraError, toAuroraError } from "../errors.ts";
import { openVideoFrameCount } from "./frame-count.ts";
import { openMovingImage, openStillImage } from "./image-video.ts";
import { IsoParseError, readIsoIndex } from "./iso-index.ts";
import type { PacketSource, Rotation } from "./packet-index.ts";
import type { Sampling } from "./sample-plan.ts";
import { sliceSource } from "./slice-source.ts";
import { sniff, sniffByteLength } from "./sniff.ts";
import { readTrackIndex } from "./track-index.ts";
import { openTrackVideo } from "./track-video.ts";

export type { Sampling };
export { openVideoFrameCount };

/** A frame and the sampling time it was asked for; `index` counts the sampling's times from 0. Whoever takes it closes `frame`. */
export type WatchedFrame = { readonly frame: VideoFrame; readonly timestampSeconds: number; readonly index: number };

/** A part of the video that could not be watched; `frames` is how many of the sampling's times fell into it. */
export type VideoLoss = {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly frames: number;
  readonly reason: "truncated" | "damaged";
};

/** A video file whose frames can be had. Nothing is held open between two calls of `frames`. */
export type OpenedVideo = {
  readonly info: {
    /** E.g. `MP4`, `MOV`, `WebM`, `Matroska`, `GIF`. */
    readonly container: string;
    /** Codec string of WebCodecs, e.g. `avc1.64001f`; the picture's type for pictures. */
    readonly codec: string;
    /** Size as shown: in square pixels, turned by `rotation`. */
    readonly width: number;
    readonly height: number;
    /** Degrees clockwise by which the frames' pixels must be turned to be upright. */
    readonly rotation: Rotation;
    /** From the first shown frame to the end, as far as the file tells; 0 for still pictures. */
    readonly durationSeconds: number;
  };
  /** How many frames `frames` will give, if none is lost to damage. */
  plan(sampling: Sampling): number;
  /**
   * The sampled frames in order of time. Close each before asking for many more: decoders stall when all their pictures are held. Ending the
   * iteration early stops decoding at once.
   * @throws AuroraError `Aborted` through `signal`; `VideoUnreadable` where nothing at all could be decoded
   */
  frames(
    sampling: Sampling,
    options: { signal?: AbortSignal; onLoss?: (loss: VideoLoss) => void },
  ): AsyncGenerator<WatchedFrame, void, void>;
};

/**
 * Opens a video or picture file by what its bytes are, whatever its name. Works in a window and in a worker.
 * @throws AuroraError `VideoUnreadable`, `NoVideoTrack`, `CodecUnsupported` or `Aborted`
 */
export async function openVideo(source: Blob, options: { signal?: AbortSignal } = {}): Promise<OpenedVideo> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    const opened = await openAny(source, signal);
    signal?.throwIfAborted();
    return opened;
  } catch (error) {
    if (signal?.aborted) throw new AuroraError("Aborted", "Stopped.", error);
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
