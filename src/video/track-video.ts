import { AuroraError } from "../errors.ts";
import { withSequenceHeader } from "./av1.ts";
import { claimsSupport, codecUnsupported, decoderConfig } from "./codec-support.ts";
import { RunDecoder } from "./decode-runs.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import type { OpenedVideo, VideoLoss, WatchedFrame } from "./frame-source.ts";
import { firstPacketBytes } from "./h264.ts";
import { displayedSize, type PacketFormat, type PacketSource } from "./packet-index.ts";
import {
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
  const { index } = source;
  const shown = presentation(index);
  const first = shown.packets[0];
  const format = index.formats[index.format[first ?? 0] ?? 0];
  if (format && !(await claimsSupport(format))) await requireDecodable(source, format, signal);
  if (first === undefined || !format) throw noPicture(index.truncated);
  return {
    info: {
      container: index.container,
      codec: format.codec,
      ...displayedSize(format, index.rotation),
      rotation: index.rotation,
      durationSeconds: shown.end / 1e6,
    },
    clock: { startSeconds: shown.start / 1e6, restarts: index.restarts?.map((shift) => shift / 1e6) ?? [] },
    plan: (sampling) => wantedFrames(shown, sampling).length,
    frames: (sampling, { signal: stop, onLoss }) =>
      stoppable(stop, (either) => watch(source, shown, sampling, either, onLoss ?? (() => {}))),
    close: () => source.close(),
  };
}

function noPicture(truncated: boolean): AuroraError {
  return truncated
    ? new AuroraError("VideoUnreadable", "The recording was cut off before its first picture. Copy the file again.")
    : new AuroraError("NoVideoTrack", "The video track of this file has no pictures in it.");
}

async function* watch(
  source: PacketSource,
  shown: Presentation,
  sampling: Sampling,
  signal: AbortSignal,
  onLoss: (loss: VideoLoss) => void,
): AsyncGenerator<WatchedFrame, void, void> {
  const { index } = source;
  const wanted = wantedFrames(shown, sampling);
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
  if (given === 0) {
    throw new AuroraError(
      "VideoUnreadable",
      "No picture of this video could be decoded: the file is damaged.",
      decoder.lastError,
    );
  }
  if (index.truncated) {
    const frames = lostToTruncation(shown, sampling);
    onLoss({ fromSeconds: shown.availableEnd / 1e6, toSeconds: shown.end / 1e6, frames, reason: "truncated" });
  }
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

/** Decodes the first key packet, as the browser's word on what it supports can be wrong. @throws AuroraError `CodecUnsupported` */
async function requireDecodable(
  source: PacketSource,
  format: PacketFormat,
  signal: AbortSignal | undefined,
): Promise<void> {
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
  const decoder = new FrameDecoder(decoderConfig(format, false));
  try {
    const data = withSequenceHeader(
      firstPacketBytes(bytes as Uint8Array, format, null),
      format,
    ) as Uint8Array<ArrayBuffer>;
    decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: 0, data }));
    const flush = decoder.flush();
    while (!flush.isDone && !decoder.error) await decoder.nextEvent(signal ?? new AbortController().signal);
    if (decoder.outputs === 0) throw codecUnsupported(format, decoder.error);
  } finally {
    decoder.close();
  }
}
