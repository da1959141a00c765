import { AuroraError } from "../errors.ts";
import { withSequenceHeader } from "./av1.ts";
import { claimedFormat, codecUnsupported, decoderConfig, nowhereToBegin, rareForm, renamed } from "./codec-support.ts";
import { RunDecoder } from "./decode-runs.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import type { OpenedVideo, VideoLoss, WatchedFrame } from "./frame-source.ts";
import { firstPacketBytes } from "./h264.ts";
import { displayedSize, type PacketFormat, type PacketIndex, type PacketSource } from "./packet-index.ts";
import {
  framesWithin,
  lostToTruncation,
  type Presentation,
  planRuns,
  presentation,
  type Sampling,
  type WantedFrame,
  wantedFrames,
} from "./sample-plan.ts";
import { stoppable } from "./stoppable.ts";

/**
 * A video track as frames. Decodes nothing yet, unless the browser says that it cannot decode the codec: then one frame, to see.
 * @throws AuroraError `CodecUnsupported`, or `VideoUnreadable` where the track has no picture
 */
export async function openTrackVideo(source: PacketSource, signal?: AbortSignal): Promise<OpenedVideo> {
  const shown = presentation(source.index);
  const first = shown.packets[0];
  const firstFormat = source.index.format[first ?? 0] ?? 0;
  const formats = await Promise.all(source.index.formats.map(async (each) => (await claimedFormat(each)) ?? each));
  const format = formats[firstFormat];
  if (format && !(await claimedFormat(format))) formats[firstFormat] = await requireDecodable(source, format, signal);
  const index: PacketIndex = { ...source.index, formats };
  if (first === undefined || !format) throw noPicture(index.truncated);
  return {
    info: {
      container: index.container,
      codec: format.codec,
      ...displayedSize(format, index.rotation),
      rotation: index.rotation,
      durationSeconds: shown.end / 1e6,
    },
    pictures: shown.packets.length,
    clock: { startSeconds: shown.start / 1e6, restarts: index.restarts?.map((shift) => shift / 1e6) ?? [] },
    plan: (sampling) => wantedFrames(shown, sampling).length,
    frames: (sampling, { signal: stop, onLoss, range }) =>
      stoppable(stop, (either) =>
        watch({ ...source, index }, shown, { sampling, range, onLoss: onLoss ?? (() => {}) }, either),
      ),
    close: () => source.close(),
  };
}

function noPicture(truncated: boolean): AuroraError {
  return truncated
    ? new AuroraError("VideoUnreadable", "The recording was cut off before its first picture. Copy the file again.")
    : new AuroraError("NoVideoTrack", "The video track of this file has no pictures in it.");
}

/** What of a track is wanted, and who is told of what could not be had. */
type Wish = {
  readonly sampling: Sampling;
  readonly range: readonly [from: number, to: number] | undefined;
  readonly onLoss: (loss: VideoLoss) => void;
};

async function* watch(
  source: PacketSource,
  shown: Presentation,
  { sampling, range, onLoss }: Wish,
  signal: AbortSignal,
): AsyncGenerator<WatchedFrame, void, void> {
  const { index } = source;
  const wanted = framesWithin(wantedFrames(shown, sampling), range);
  const decoder = new RunDecoder(index, source.createReader(), signal, (lost, resumesAt) => {
    if (!signal.aborted) onLoss(damage(index.pts, shown, lost, resumesAt));
  });
  const close = () => decoder.close();
  signal.addEventListener("abort", close);
  let given = 0;
  try {
    for (const run of planRuns(index, wanted)) {
      for await (const { wanted: frame, picture } of decoder.decode(run)) {
        given++;
        const { rotation, mirrored = false } = index;
        yield { frame: picture, timestampSeconds: frame.time / 1e6, index: frame.index, rotation, mirrored };
      }
    }
  } finally {
    signal.removeEventListener("abort", close);
    decoder.close();
  }
  if (given === 0 && (wanted.length > 0 || !range)) {
    await refuseRareForm(source, decoder.lastError);
    throw new AuroraError(
      "VideoUnreadable",
      "No picture of this video could be decoded: the file is damaged.",
      decoder.lastError,
    );
  }
  const toEnd = !(range && range[1] * 1e6 < shown.availableEnd);
  const end = shown.end / 1e6;
  if (index.followed && toEnd) onLoss({ fromSeconds: end, toSeconds: end, frames: 0, reason: "followed" });
  if (index.truncated && toEnd) {
    const frames = lostToTruncation(shown, sampling);
    onLoss({ fromSeconds: shown.availableEnd / 1e6, toSeconds: shown.end / 1e6, frames, reason: "truncated" });
  }
}

/** Packets among which a picture must be that decoding can begin at: ten seconds of television. */
const searchedPackets = 500;

/** @throws AuroraError where nothing was decoded for what the pictures are */
async function refuseRareForm({ index, createReader }: PacketSource, cause: Error | null): Promise<void> {
  const key = Math.max(0, index.key.indexOf(1));
  const format = index.formats[index.format[key] ?? 0];
  const [first] = await createReader()
    .read(key, key)
    .catch(() => []);
  const form = format && first ? rareForm(format, first) : null;
  if (format && form) throw codecUnsupported(format, cause, form);
  const last = Math.min(index.available, searchedPackets) - 1;
  const packets = await createReader()
    .read(0, last)
    .catch(() => []);
  const error = format && packets.length > 0 ? nowhereToBegin(packets, format, cause) : null;
  if (error) throw error;
}

/** The loss of frames between the first of them and where decoding goes on, or the last of them at least. */
function damage(
  pts: Float64Array,
  shown: Presentation,
  lost: readonly WantedFrame[],
  resumesAt: number | null,
): VideoLoss {
  const times = lost.map((frame) => frame.time);
  const from = Math.min(...times);
  const resumes = resumesAt === null ? 0 : (pts[resumesAt] as number) - shown.start;
  const to = Math.max(resumes, ...times);
  return { fromSeconds: from / 1e6, toSeconds: to / 1e6, frames: lost.length, reason: "damaged" };
}

/**
 * Decodes the first key packet, as the browser's word on what it supports can be wrong: under the format's own name, or another.
 * @returns the format by which it was decoded
 * @throws AuroraError `CodecUnsupported`
 */
async function requireDecodable(
  source: PacketSource,
  format: PacketFormat,
  signal: AbortSignal | undefined,
): Promise<PacketFormat> {
  const { index } = source;
  if (typeof VideoDecoder === "undefined") {
    throw new AuroraError(
      "CodecUnsupported",
      "This browser cannot decode video frame by frame (it has no WebCodecs). Use a recent Chrome, Edge, Firefox or Safari.",
    );
  }
  if (format.codec === "" || index.available === 0) throw codecUnsupported(format);
  const at = Math.max(0, index.key.indexOf(1));
  const [bytes] = await source.createReader().read(at, at);
  const key = firstPacketBytes(bytes as Uint8Array, format, null);
  let failure: Error | null = null;
  for (let tried: PacketFormat | null = format; tried; tried = renamed(tried)) {
    const decoder = new FrameDecoder(decoderConfig(tried, false));
    try {
      const data = withSequenceHeader(key, tried) as Uint8Array<ArrayBuffer>;
      decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: 0, data }));
      const flush = decoder.flush();
      while (!flush.isDone && !decoder.error) await decoder.nextEvent(signal ?? new AbortController().signal);
      if (decoder.outputs > 0) return tried;
      failure ??= decoder.error;
    } finally {
      decoder.close();
    }
  }
  throw codecUnsupported(format, failure);
}
