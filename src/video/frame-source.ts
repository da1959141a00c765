import type { Rotation } from "./packet-index.ts";
import type { Sampling } from "./sample-plan.ts";

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
