import type { FrameRecord } from "../../session/types.ts";

/** The part of the video that the timeline shows, in seconds. */
export type View = { readonly from: number; readonly to: number };

/** Seconds of the video, the earlier first. */
export type Range = readonly [from: number, to: number];

/** The shortest part that can be shown, in seconds. */
const shortest = 2;

/** Keeps a part inside of a video of this length, and long enough to show; its length stays where it can. */
export function clampView({ from, to }: View, duration: number): View {
  const length = Math.min(Math.max(to - from, Math.min(shortest, duration)), duration);
  const start = Math.min(Math.max(0, from), duration - length);
  return { from: start, to: start + length };
}

/** The part that is `factor` times as long, in which `around` lies where it lay. */
export function zoomView({ from, to }: View, factor: number, around: number, duration: number): View {
  const clamped = clampView({ from: 0, to: (to - from) * factor }, duration);
  const length = clamped.to;
  const share = to > from ? (around - from) / (to - from) : 0;
  return clampView({ from: around - share * length, to: around + (1 - share) * length }, duration);
}

/** The part moved by so much. */
export function panView({ from, to }: View, by: number, duration: number): View {
  return clampView({ from: from + by, to: to + by }, duration);
}

/** The part, moved no further than needed for `seconds` to be seen. */
export function revealIn(view: View, seconds: number, duration: number): View {
  if (seconds >= view.from && seconds <= view.to) return view;
  const length = view.to - view.from;
  const from = seconds < view.from ? seconds - length * 0.1 : seconds - length * 0.9;
  return clampView({ from, to: from + length }, duration);
}

/** Where `seconds` lies on the timeline: 0 at its start, 1 at its end. */
export function shareOf({ from, to }: View, seconds: number): number {
  return to > from ? (seconds - from) / (to - from) : 0;
}

const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** Round times in the part, as many as `width` pixels have room for. */
export function ticksOf({ from, to }: View, width: number, room = 84): readonly number[] {
  const least = ((to - from) * room) / Math.max(width, room);
  const step = steps.find((each) => each >= least) ?? Math.ceil(least / 86_400) * 86_400;
  const ticks: number[] = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) ticks.push(k * step);
  return ticks;
}

/** The place of the last frame at or before `seconds`, or of the first; -1 where there is none. */
export function placeAt(frames: readonly Pick<FrameRecord, "timestampSeconds">[], seconds: number): number {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.timestampSeconds ?? 0) <= seconds) low = middle + 1;
    else high = middle;
  }
  return frames.length === 0 ? -1 : Math.max(0, low - 1);
}

/**
 * The changes of the frames in a part, and of those that lie next to it, as a curve of at most `most` points: of neighbours
 * that would fall on one place the greatest stands for all.
 */
export function thinCurve(
  frames: readonly Pick<FrameRecord, "timestampSeconds" | "change">[],
  { from, to }: View,
  most: number,
): { readonly times: number[]; readonly changes: number[] } {
  const first = Math.max(0, placeAt(frames, from));
  const end = Math.min(frames.length, placeAt(frames, to) + 2);
  const step = Math.max(1, Math.ceil((end - first) / Math.max(1, most)));
  const times: number[] = [];
  const changes: number[] = [];
  // Groups begin where they would in the whole, so that they stay as they are while frames are added.
  for (let group = first - (first % step); group < end; group += step) {
    let highest = frames[group];
    for (let each = group + 1; each < Math.min(group + step, frames.length); each++) {
      const frame = frames[each];
      if (frame && frame.change > (highest?.change ?? 0)) highest = frame;
    }
    if (!highest) continue;
    times.push(highest.timestampSeconds);
    changes.push(highest.change);
  }
  return { times, changes };
}

/** A picture on the timeline: the frame, and where it begins. */
export type Picture = { readonly frame: FrameRecord; readonly left: number };

/**
 * The pictures that fill a part of the timeline side by side: for each place that a picture has room in, what is shown
 * at its middle. Places stay where they are in the video while more of it is watched.
 */
export function picturesOf(
  frames: readonly FrameRecord[],
  view: View,
  width: number,
  room: number,
): readonly Picture[] {
  const last = frames.at(-1);
  if (!last || width <= 0) return [];
  const slot = ((view.to - view.from) * room) / width;
  const pictures: Picture[] = [];
  for (let k = Math.floor(view.from / slot); k * slot < view.to; k++) {
    const middle = (k + 0.5) * slot;
    if (k * slot > last.timestampSeconds) break;
    const place = placeAt(frames, middle);
    const frame = withPicture(frames, place, Math.min(place - 64, placeAt(frames, k * slot) - 1));
    if (frame) pictures.push({ frame, left: shareOf(view, k * slot) * width });
  }
  return pictures;
}

/** The frame at a place, or the nearest before it that keeps its picture, but not before `first`. */
function withPicture(frames: readonly FrameRecord[], place: number, first: number): FrameRecord | null {
  for (let each = place; each >= 0 && each > first; each--) {
    const frame = frames[each];
    if (frame?.thumbnail) return frame;
  }
  return null;
}
