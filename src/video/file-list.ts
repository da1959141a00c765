import { AuroraError, toAuroraError } from "../errors.ts";
import type {
  FileSource,
  FrameOptions,
  FrameSource,
  OpenedVideo,
  Sampling,
  SoundPlace,
  SourcePart,
  VideoLoss,
  WatchedFrame,
} from "./frame-source.ts";
import { openVideo } from "./open-video.ts";

type NamedFile = { readonly file: Blob; readonly name: string };

type ListOptions = {
  readonly signal: AbortSignal;
  /** Told of each file that cannot be watched: the others are. */
  readonly onSkipped: (error: AuroraError) => void;
};

/** A file that can be watched: what is known of it, and how it is sampled. */
type Part = SourcePart & {
  readonly file: Blob;
  readonly info: OpenedVideo["info"];
  readonly clock: OpenedVideo["clock"];
  readonly sampling: Sampling;
  /** Frames that it is to give, and that those before it are to. */
  readonly planned: number;
  readonly firstIndex: number;
};

type Found = {
  readonly place: number;
  readonly named: NamedFile;
  readonly info: OpenedVideo["info"];
  readonly clock: OpenedVideo["clock"];
  readonly planned: number;
};

/**
 * Several files as one source, on one timeline. All are looked at first, so that their lengths are known; then each is
 * opened when its turn comes.
 *
 * @throws AuroraError of the first file where none can be watched, or `Aborted`
 */
export async function openList(
  sources: readonly FileSource[],
  fetchFile: (source: FileSource) => Promise<NamedFile>,
  sampling: Sampling,
  { signal, onSkipped }: ListOptions,
): Promise<FrameSource> {
  const found: Found[] = [];
  let failure: AuroraError | null = null;
  for (const [place, source] of sources.entries()) {
    try {
      const named = await fetchFile(source);
      const video = await openVideo(named.file, { signal });
      found.push({ place, named, info: video.info, clock: video.clock, planned: video.plan(sampling) });
      video.close();
    } catch (error) {
      const skipped = toSkipped(error, nameOf(source), signal);
      failure ??= skipped;
      onSkipped(skipped);
    }
  }
  const parts = layOut(found, sampling);
  const [first] = parts;
  if (!first) throw failure ?? new AuroraError("VideoUnreadable", "There is no file to watch. Choose some.");
  return {
    info: {
      ...first.info,
      name: parts.length === 1 ? first.name : `${first.name} and ${parts.length - 1} more`,
      durationSeconds: end(parts),
      parts: parts.map(({ name, startSeconds, durationSeconds, place }) => ({
        name,
        startSeconds,
        durationSeconds,
        place,
      })),
    },
    sound: soundOf(parts),
    repeatable: true,
    plan: () => parts.reduce((sum, { planned }) => sum + planned, 0),
    frames: (options) => framesOf(parts, options, { signal, onSkipped }),
    close: () => undefined, // each file is closed after its turn
  };
}

async function* framesOf(
  parts: readonly Part[],
  options: FrameOptions,
  list: ListOptions,
): AsyncGenerator<WatchedFrame, void, void> {
  let failure: AuroraError | null = null;
  let given = 0;
  for (const part of parts) {
    try {
      for await (const frame of framesOfPart(part, options)) {
        given++;
        yield frame;
      }
    } catch (error) {
      failure = toSkipped(error, part.name, list.signal);
      list.onSkipped(failure);
    }
  }
  if (given === 0 && failure) throw failure;
}

async function* framesOfPart(part: Part, options: FrameOptions): AsyncGenerator<WatchedFrame, void, void> {
  const { signal, onLoss, range } = options;
  const { file, name, sampling, startSeconds, durationSeconds, firstIndex } = part;
  const [from, to] = (range ?? [0, Number.POSITIVE_INFINITY]).map((seconds) => seconds - startSeconds);
  if (from === undefined || to === undefined || from >= durationSeconds || to < 0) return;
  const shift = (loss: VideoLoss) =>
    onLoss?.({
      ...loss,
      name,
      fromSeconds: loss.fromSeconds + startSeconds,
      toSeconds: loss.toSeconds + startSeconds,
    });
  const video = await openVideo(file, signal ? { signal } : {});
  try {
    const own = range ? { range: [Math.max(0, from), to] as const } : {};
    for await (const frame of video.frames(sampling, { ...options, ...own, onLoss: shift }))
      yield {
        ...frame,
        timestampSeconds: startSeconds + frame.timestampSeconds,
        index: firstIndex + frame.index,
      };
  } finally {
    video.close();
  }
}

/** The files' sound, each while its pictures are shown; null where none can have any. */
function soundOf(parts: readonly Part[]): SoundPlace | null {
  const files = parts.flatMap(({ file, clock, startSeconds, durationSeconds }) =>
    clock
      ? {
          file,
          clock: { ...clock, startSeconds: clock.startSeconds - startSeconds },
          fromSeconds: startSeconds,
          untilSeconds: startSeconds + durationSeconds,
        }
      : [],
  );
  return files.length > 0 ? { files } : null;
}

/** Places the files one after the other. A still picture takes the time of one frame. */
function layOut(found: readonly Found[], sampling: Sampling): readonly Part[] {
  const still = "fps" in sampling ? 1 / sampling.fps : 1;
  const lengths = found.map(({ info }) => Math.max(info.durationSeconds, still));
  const shares = "fps" in sampling ? null : apportion(sampling.frames, lengths);
  let startSeconds = 0;
  let firstIndex = 0;
  const parts: Part[] = [];
  for (const [order, { place, named, info, clock, planned }] of found.entries()) {
    const durationSeconds = lengths[order] ?? still;
    const share = shares?.[order] ?? planned;
    parts.push({
      name: named.name,
      file: named.file,
      place,
      info,
      clock,
      startSeconds,
      durationSeconds,
      sampling: shares ? { frames: share } : sampling,
      planned: share,
      firstIndex,
    });
    startSeconds += durationSeconds;
    firstIndex += share;
  }
  return parts.filter(({ planned }) => planned > 0);
}

/** Divides `count` among `weights` as evenly as whole numbers allow, the largest remainders first; the sum is `count`. */
export function apportion(count: number, weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (count * weight) / total);
  const shares = exact.map(Math.floor);
  const left = count - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact
    .map((value, order) => ({ order, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.order - b.order);
  for (const { order } of byRemainder.slice(0, left)) shares[order] = (shares[order] ?? 0) + 1;
  return shares;
}

function end(parts: readonly Part[]): number {
  const last = parts.at(-1);
  return last ? last.startSeconds + last.durationSeconds : 0;
}

/** @throws AuroraError `Aborted` instead, where that is what happened */
function toSkipped(error: unknown, name: string, signal: AbortSignal): AuroraError {
  const typed = toAuroraError(error, "VideoUnreadable", "It could not be read. Copy it again.");
  if (typed.code === "Aborted" || signal.aborted) throw typed;
  return new AuroraError(typed.code, `${name} was left out. ${typed.message}`, typed.cause ?? error);
}

function nameOf(source: FileSource): string {
  return source.kind === "file" ? source.name : (source.url.split(/[?#]/)[0]?.split("/").at(-1) ?? source.url);
}
