import type { Rotation } from "./packet-index.ts";
import type { Sampling } from "./sample-plan.ts";

export type { Rotation, Sampling };

/** A file, or the absolute address of one. */
export type FileSource =
  | { readonly kind: "file"; readonly file: Blob; readonly name: string }
  | { readonly kind: "address"; readonly url: string };

/** What a live picture is of. */
export type Medium = "camera" | "screen";

/**
 * A camera or a screen. Its frames come by themselves through a stream, or through a port of which each is asked for
 * (`capture-frames.ts`); both are transferred to the worker.
 */
export type LiveSource = {
  readonly kind: "live";
  readonly medium: Medium;
  readonly name: string;
  readonly frames: ReadableStream<VideoFrame> | MessagePort;
};

/** Where frames come from, as it crosses from the page to the worker; a list is watched one after the other. */
export type WatchSource = FileSource | LiveSource | { readonly kind: "list"; readonly sources: readonly FileSource[] };

/** What is known of a source before its first frame. */
export type SourceInfo = {
  /** What to call it: the file's name. */
  readonly name: string;
  /** E.g. `MP4`, `MOV`, `WebM`, `Matroska`, `GIF`. */
  readonly container: string;
  /** Codec string of WebCodecs, e.g. `avc1.64001f`; the picture's type for pictures. */
  readonly codec: string;
  /** Size as shown: in square pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** From the first shown frame to the end, as far as the source tells; 0 for still pictures, and for what is live. */
  readonly durationSeconds: number;
  /** Given for what has no end of its own. */
  readonly live?: Medium;
  /** Given where there are several: the files that can be watched, in order. */
  readonly parts?: readonly SourcePart[];
};

/** One file of several, and where it lies on their timeline. */
export type SourcePart = {
  readonly name: string;
  readonly startSeconds: number;
  /** 0 where it has no end of its own. */
  readonly durationSeconds: number;
  /** Its place among the files that were given; null for one that was watched before, and of which there is only the memory. */
  readonly place: number | null;
};

/** How a source's times lie on its file's own timeline, for whatever else is read of the file. */
type PictureClock = {
  /** The first shown frame, which is second 0, on the file's timeline. */
  readonly startSeconds: number;
  /** By how many seconds the file's clock was moved each time that it began again. */
  readonly restarts: readonly number[];
};

/** A file that may have sound. */
export type FileSound = { readonly file: Blob; readonly clock: PictureClock };

/** Of several files one, and between which seconds of the source it is heard. */
export type ListedSound = FileSound & { readonly fromSeconds: number; readonly untilSeconds: number };

/** Where the sound of a source is to be had. */
export type SoundPlace = FileSound | { readonly files: readonly ListedSound[] };

/** A frame, the time it was asked for, and how it is turned upright. Whoever takes it closes `frame`. */
export type WatchedFrame = {
  readonly frame: VideoFrame;
  readonly timestampSeconds: number;
  /** Counts the sampling's times from 0. */
  readonly index: number;
  /** Degrees clockwise by which the frame's pixels must be turned to be upright. */
  readonly rotation: Rotation;
  /** Whether left and right must be swapped after that; not, unless given. */
  readonly mirrored?: boolean;
};

/**
 * A part of the video that could not be watched; `frames` is how many of the sampling's times fell into it. `still` is a
 * moving picture of which this browser shows the first one only; then nobody knows the rest. `followed`: another recording lies behind the
 * first one in the same file.
 */
export type VideoLoss = {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly frames: number;
  readonly reason: "truncated" | "damaged" | "still" | "followed";
  /** The file that it happened in, where there are several. */
  readonly name?: string;
};

export type FrameOptions = {
  readonly signal?: AbortSignal;
  readonly onLoss?: (loss: VideoLoss) => void;
  /** Told how many frames of a live source have been passed over so far because newer ones were there. */
  readonly onDropped?: (frames: number) => void;
  /** Only the frames from one second to another, both included; losses outside are not told of. */
  readonly range?: readonly [from: number, to: number];
};

/** Anything that gives frames in order of time: a file, and whatever else comes to be watched. */
export type FrameSource = {
  readonly info: SourceInfo;
  /** What may have sound; null where there can be none. */
  readonly sound: SoundPlace | null;
  /** How many frames `frames` will give, if none is lost to damage; null where nobody can tell. */
  plan(): number | null;
  /** Whether `frames` can be called again, for frames that were given before too: of a file, not of a camera. */
  readonly repeatable?: boolean;
  /**
   * The frames in order of time. Close each before asking for many more: decoders stall when all their pictures are held.
   * Ending the iteration early stops decoding at once.
   *
   * @throws AuroraError `Aborted` through `signal`; `VideoUnreadable` where nothing at all could be decoded
   */
  frames(options: FrameOptions): AsyncGenerator<WatchedFrame, void, void>;
  /** For live sources: nothing was wanted up to now. What is there is let go, and not counted as passed over. */
  rest?(): void;
  /** Gives back what it holds open. No frames can be had afterwards. */
  close(): void;
};

/** A video file whose frames can be had, at several samplings, too. */
export type OpenedVideo = {
  readonly info: Omit<SourceInfo, "name"> & { readonly rotation: Rotation };
  /** Pictures that the file shows, as far as they are there. */
  readonly pictures: number;
  /** Null for pictures, which have no sound. */
  readonly clock: PictureClock | null;
  /** As `FrameSource.plan`. */
  plan(sampling: Sampling): number;
  /** As `FrameSource.frames`. */
  frames(sampling: Sampling, options: FrameOptions): AsyncGenerator<WatchedFrame, void, void>;
  close(): void;
};
