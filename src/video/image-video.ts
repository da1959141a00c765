import { AuroraError } from "../errors.ts";
import { countFrame } from "./frame-count.ts";
import { throwIfAborted } from "./frame-decoder.ts";
import type { OpenedVideo, WatchedFrame } from "./frame-source.ts";
import { asStored } from "./frame-turn.ts";
import { isPictureCut } from "./picture-cut.ts";
import { framesWithin, presentation, type WantedFrame, wantedFrames } from "./sample-plan.ts";
import { stoppable } from "./stoppable.ts";

/** Times of a moving picture's frames in microseconds, and the first one's size. */
type Movement = {
  readonly pts: number[];
  readonly duration: number[];
  readonly width: number;
  readonly height: number;
};

/** The pixels as the file stores them, as Pillow reads them: colours are neither converted nor dimmed where transparent. */
const storedPixels = { premultiplyAlpha: "none", colorSpaceConversion: "none" } as const;

/** Opens a picture without movement: one frame at time 0, turned upright as its EXIF says. @throws AuroraError `VideoUnreadable` */
export async function openStillImage(file: Blob, mimeType: string): Promise<OpenedVideo> {
  if (isPictureCut(new Uint8Array(await file.arrayBuffer()), mimeType)) throw unreadable(mimeType);
  const decode = () =>
    createImageBitmap(new Blob([file], { type: mimeType }), storedPixels).catch((error: unknown) => {
      throw unreadable(mimeType, error);
    });
  const first = await decode();
  const movement = { pts: [0], duration: [0], width: first.width, height: first.height };
  first.close();
  return imageVideo(mimeType, movement, async function* () {
    const bitmap = await decode();
    try {
      yield countFrame(new VideoFrame(bitmap, { timestamp: 0 }));
    } finally {
      bitmap.close();
    }
  });
}

/**
 * Opens a moving picture (GIF, WebP, PNG, AVIF). All frames are decoded once to learn their times. Browsers without an
 * ImageDecoder, as Safari, show the first one, and that is told as a loss.
 * @throws AuroraError `VideoUnreadable`
 */
export async function openMovingImage(file: Blob, mimeType: string, signal?: AbortSignal): Promise<OpenedVideo> {
  const data = await file.arrayBuffer();
  if (typeof ImageDecoder === "undefined" || !(await ImageDecoder.isTypeSupported(mimeType))) {
    const still = await openStillImage(file, mimeType);
    return mimeType === "image/gif" && !gifMoves(new Uint8Array(data)) ? still : firstOnly(still);
  }
  const movement = await readMovement(data, mimeType, signal);
  return imageVideo(mimeType, movement, (wanted, stop) => movingFrames(data, mimeType, wanted, stop));
}

/** A moving picture of which only the first is had. */
function firstOnly(still: OpenedVideo): OpenedVideo {
  return {
    ...still,
    async *frames(sampling, options) {
      yield* still.frames(sampling, options);
      options.onLoss?.({ fromSeconds: 0, toSeconds: 0, frames: 0, reason: "still" });
    },
  };
}

/** Whether a GIF has more than one picture: each has a control block before it, or the file says how often it repeats. */
function gifMoves(bytes: Uint8Array): boolean {
  let controls = 0;
  for (let at = bytes.indexOf(0x21); at >= 0; at = bytes.indexOf(0x21, at + 1)) {
    if (bytes[at + 1] === 0xff && bytes[at + 2] === 11 && bytes[at + 3] === 0x4e) return true; // NETSCAPE2.0
    if (bytes[at + 1] === 0xf9 && bytes[at + 2] === 4) controls++;
  }
  return controls > 1;
}

function imageVideo(
  mimeType: string,
  { pts, duration, width, height }: Movement,
  decode: (wanted: readonly WantedFrame[], signal: AbortSignal) => AsyncGenerator<VideoFrame, void, void>,
): OpenedVideo {
  const shown = presentation({
    pts: Float64Array.from(pts),
    duration: Float64Array.from(duration),
    key: new Uint8Array(pts.length).fill(1),
    available: pts.length,
    presentationEnd: null,
    claimedDuration: null,
    truncated: false,
  });
  const watch = async function* (
    wanted: readonly WantedFrame[],
    signal: AbortSignal,
  ): AsyncGenerator<WatchedFrame, void, void> {
    let i = 0;
    if (wanted.length === 0) return;
    for await (const frame of decode(wanted, signal)) {
      const { time, index } = wanted[i++] as WantedFrame;
      yield { ...asStored(frame), timestampSeconds: time / 1e6, index };
    }
  };
  const container = mimeType.replace("image/", "").toUpperCase();
  return {
    info: { container, codec: mimeType, width, height, rotation: 0, durationSeconds: shown.end / 1e6 },
    pictures: pts.length,
    clock: null,
    plan: (sampling) => wantedFrames(shown, sampling).length,
    frames: (sampling, { signal, range }) =>
      stoppable(signal, (stop) => watch(framesWithin(wantedFrames(shown, sampling), range), stop)),
    close: () => undefined, // the file's bytes are all that it has
  };
}

async function* movingFrames(
  data: ArrayBuffer,
  mimeType: string,
  wanted: readonly WantedFrame[],
  signal: AbortSignal,
): AsyncGenerator<VideoFrame, void, void> {
  const decoder = new ImageDecoder({
    data: data.slice(0),
    type: mimeType,
    preferAnimation: true,
    colorSpaceConversion: "none",
  });
  try {
    for (const { packet } of wanted) {
      throwIfAborted(signal);
      const { image } = await decoder.decode({ frameIndex: packet }).catch((error: unknown) => {
        throw unreadable(mimeType, error);
      });
      const frame = countFrame(image);
      if (signal.aborted) frame.close();
      throwIfAborted(signal);
      yield frame;
    }
  } finally {
    decoder.close();
  }
}

/** Decodes all frames once and closes them; ends at the last one, or at damage after the first. */
async function readMovement(data: ArrayBuffer, mimeType: string, signal: AbortSignal | undefined): Promise<Movement> {
  const decoder = new ImageDecoder({
    data: data.slice(0),
    type: mimeType,
    preferAnimation: true,
    colorSpaceConversion: "none",
  });
  const movement = { pts: [] as number[], duration: [] as number[], width: 0, height: 0 };
  let end = 0;
  const whole = decoder.completed;
  whole.catch(() => undefined); // Firefox rejects it of what is damaged while `ready` is still waited for
  try {
    await decoder.tracks.ready;
    await whole;
    const count = decoder.tracks.selectedTrack?.frameCount ?? 1;
    for (let i = 0; i < count; i++) {
      if (signal) throwIfAborted(signal);
      const { image } = await decoder.decode({ frameIndex: i });
      if (i === 0) Object.assign(movement, { width: image.displayWidth, height: image.displayHeight });
      movement.pts.push(end);
      const duration = count === 1 ? 0 : frameDuration(image);
      movement.duration.push(duration);
      end += duration;
      image.close();
    }
  } catch (error) {
    if (error instanceof AuroraError) throw error;
    if (movement.pts.length === 0) throw unreadable(mimeType, error);
  } finally {
    decoder.close();
  }
  return movement;
}

/** Browsers show frames that ask for 10 ms or less for 100 ms. */
function frameDuration(frame: VideoFrame): number {
  return frame.duration && frame.duration > 10_000 ? frame.duration : 100_000;
}

function unreadable(mimeType: string, cause?: unknown): AuroraError {
  const name = mimeType.replace("image/", "").toUpperCase();
  return new AuroraError(
    "VideoUnreadable",
    `This ${name} picture cannot be shown by this browser: it is damaged or of a kind the browser does not know.`,
    cause,
  );
}
