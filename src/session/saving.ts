import type { Sampling, SourcePart } from "../video/frame-source.ts";
import type { Engine } from "./engine.ts";
import type { ReadLine, SaidLine } from "./memory/hearing.ts";
import type { Memory, RestoredMemory } from "./memory/memory.ts";
import { type MemoryContent, writeMemoryFile } from "./memory/memory-file.ts";
import { packTimes, type SavedMemory, unpackTimes } from "./memory/saved-memory.ts";
import { joinLayers, splitLayers } from "./memory/state-bytes.ts";
import type { Spoken, TranscriptLine } from "./spoken.ts";
import type { FrameRecord } from "./types.ts";

/** What of a session goes into its file beside the memory itself. */
export type SessionPart = Pick<SavedMemory, "lineage" | "video" | "notes" | "standing" | "conversation"> & {
  readonly spoken: Spoken;
  readonly parts: readonly SourcePart[];
  readonly sampling: Sampling;
  readonly watchedUntilSeconds: number;
};

/** Bytes that pictures and description take together in a file, so that a small model's stays below a megabyte. */
const describedBytes = 600_000;
/** What pictures may take of them at least: the description of a day takes all of it. */
const leastPictureBytes = 100_000;

/**
 * A session as a memory file, whatever it is doing meanwhile: of what was added until now.
 *
 * @param part is asked for what belongs to that moment
 */
export async function saveSession(engine: Engine, memory: Memory, part: () => SessionPart): Promise<Blob> {
  const { framesRead, lines, state } = await memory.copyState();
  const { sampling, spoken, parts, ...session } = part();
  const frames = memory.timeline.frames.slice(0, framesRead);
  const tenThousandths = (value: number) => Math.round(value * 1e4);
  const saved: SavedMemory = {
    ...session,
    parts: parts.map(({ name, startSeconds, durationSeconds }) => ({ name, startSeconds, durationSeconds })),
    spoken: { ...spoken, lines: spoken.lines.map(toSavedLine) },
    fps: "fps" in sampling ? sampling.fps : null,
    frames: "frames" in sampling ? sampling.frames : null,
    transcript: lines.map(({ fromSeconds, untilSeconds, text }) => ({ fromSeconds, untilSeconds, text })),
    timeline: {
      seconds: packTimes(frames.map(({ timestampSeconds }) => timestampSeconds)),
      change: frames.map(({ change }) => tenThousandths(change)),
      distance: frames.map(({ distance }) => tenThousandths(distance)),
      scenes: memory.sceneStarts.filter((frame) => frame < framesRead),
    },
  };
  const room = Math.max(describedBytes - JSON.stringify(saved).length, leastPictureBytes);
  const content: MemoryContent = {
    ...saved,
    state: splitLayers(engine.config.text, state),
    thumbnails: await readPictures(frames, room),
  };
  return new Blob([await writeMemoryFile(content, engine.model, engine.config.text)], { type: memoryType });
}

/** Media type of memory files, whose names end in `.aurora`. */
const memoryType = "application/vnd.auroralong.memory";

/** The frames' pictures, evenly fewer until they fit into `room` bytes. */
async function readPictures(frames: readonly FrameRecord[], room: number): Promise<MemoryContent["thumbnails"]> {
  const pictured = frames.filter(({ thumbnail }) => thumbnail !== null);
  const size = (step: number) =>
    pictured.reduce((sum, { index, thumbnail }) => sum + (index % step === 0 ? (thumbnail?.size ?? 0) : 0), 0);
  let step = 1;
  while (size(step) > room && step < frames.length) step *= 2;
  const pictures = new Map<number, Uint8Array<ArrayBuffer>>();
  if (size(step) > room) return pictures;
  for (const { index, thumbnail } of pictured) {
    if (thumbnail && index % step === 0) pictures.set(index, new Uint8Array(await thumbnail.arrayBuffer()));
  }
  return pictures;
}

/** The memory of a file, for `createMemory`. */
export function restoreMemory({ state, thumbnails, timeline, transcript }: MemoryContent): RestoredMemory {
  const frames = unpackTimes(timeline.seconds).map((timestampSeconds, index): FrameRecord => {
    const picture = thumbnails.get(index);
    return {
      index,
      timestampSeconds,
      thumbnail: picture ? new Blob([picture], { type: "image/jpeg" }) : null,
      owners: new Uint16Array(0),
      change: (timeline.change[index] ?? 0) / 1e4,
      distance: (timeline.distance[index] ?? 0) / 1e4,
    };
  });
  return { state: joinLayers(state), frames, sceneStarts: timeline.scenes, lines: placeLines(transcript, frames) };
}

/** What was read behind the last frame counts as read before it, as the state after that frame, which is all there is, has it. */
function placeLines(lines: readonly SaidLine[], frames: readonly FrameRecord[]): readonly ReadLine[] {
  let before = 1;
  return lines.map((line) => {
    while (before < frames.length - 1 && (frames[before] as FrameRecord).timestampSeconds < line.untilSeconds) before++;
    return { ...line, before };
  });
}

/** A line as a file has it, its times to the millisecond. */
function toSavedLine({ startSeconds, endSeconds, text, words, edited }: TranscriptLine) {
  const milli = (seconds: number) => Math.round(seconds * 1000) / 1000;
  const timed = words?.map((word) => [word.text, milli(word.startSeconds), milli(word.endSeconds)] as const) ?? null;
  return { fromSeconds: milli(startSeconds), untilSeconds: milli(endSeconds), text, words: timed, edited };
}

/** What a file says was said. */
export function restoreSpoken({ spoken }: SavedMemory): Spoken {
  const lines = spoken.lines.map(({ fromSeconds, untilSeconds, text, words, edited }, id): TranscriptLine => {
    const timed = words?.map(([said, startSeconds, endSeconds]) => ({ text: said, startSeconds, endSeconds })) ?? null;
    return { id, startSeconds: fromSeconds, endSeconds: untilSeconds, text, words: timed, edited };
  });
  return { ...spoken, lines };
}

/** The files that a file tells of, of which there is none any more. */
export function restoreParts({ parts, video }: SavedMemory): readonly SourcePart[] {
  const alone = video && { ...video, startSeconds: video.offsetSeconds };
  const known = parts.length > 0 ? parts : alone ? [alone] : [];
  return known.map(({ name, startSeconds, durationSeconds }) => ({ name, startSeconds, durationSeconds, place: null }));
}

/** How a file's source was sampled. */
export function savedSampling({ fps, frames }: SavedMemory): Sampling {
  return frames === null ? { fps: fps ?? 1 } : { frames };
}
