import { assert } from "../errors.ts";
import type { PacketIndex, Segment } from "./packet-index.ts";

/** `fps` frames a second at 0, 1/fps, 2/fps, …; or `frames` at the centres of as many equal parts of the video. */
export type Sampling = { readonly fps: number } | { readonly frames: number };

/** The columns of a packet index that planning looks at. */
export type Timeline = Pick<
  PacketIndex,
  | "pts"
  | "duration"
  | "key"
  | "available"
  | "presentationEnd"
  | "fromStart"
  | "segments"
  | "claimedDuration"
  | "truncated"
>;

/** Slack for containers that round times to milliseconds, in microseconds. */
const tolerance = 500;

/** What of a track is shown, in order: packet numbers in decode order, and times in microseconds. */
export type Presentation = {
  /** Packets by presentation time. [S] */
  readonly packets: Int32Array;
  /** Times relative to the first shown frame, ascending. [S] */
  readonly times: Float64Array;
  /** Time of the first shown frame on the file's timeline. */
  readonly start: number;
  /** End of the part that is in the file, relative to `start`. */
  readonly availableEnd: number;
  /** End of the whole video, relative to `start`; more than `availableEnd` where the file was cut off. */
  readonly end: number;
};

/**
 * Orders a track's packets by the time they are shown. Packets that end before time 0 or begin after the edit list's
 * end are decoded but not shown, unless that would leave none; what needs packets before the first key packet cannot be. Of a cut-off file, what comes before the first missing frame counts.
 */
export function presentation(timeline: Timeline): Presentation {
  const { pts, duration, available, presentationEnd, fromStart = false, segments } = timeline;
  const all = shownOrder(timeline);
  if (segments) return editedPresentation(timeline, segments, all);
  const at = (i: number) => pts[i] as number;
  const endOf = (i: number) => at(i) + (duration[i] as number);
  const slack = (i: number) => Math.min(tolerance, (duration[i] as number) / 2); // a last picture may be shorter than that
  const within = all.filter(
    (i) => (fromStart || endOf(i) > tolerance) && (presentationEnd === null || at(i) < presentationEnd - slack(i)),
  );
  const shown = within.length > 0 ? within : all;
  const first = shown[0];
  if (first === undefined) return emptyPresentation;
  const last = shown[shown.length - 1] as number;
  const start = within.length > 0 && !fromStart ? Math.max(0, at(first)) : at(first);
  const naturalEnd = Math.max(endOf(last), at(last));
  const shownEnd = within.length > 0 && presentationEnd !== null ? Math.min(naturalEnd, presentationEnd) : naturalEnd;
  const end = timeline.truncated ? Math.max(shownEnd, timeline.claimedDuration ?? 0) : shownEnd;
  let missing = Number.POSITIVE_INFINITY;
  for (const i of shown) if (i >= available) missing = Math.min(missing, at(i));
  const kept = shown.filter((i) => at(i) < missing);
  return {
    packets: kept,
    times: Float64Array.from(kept, (i) => Math.max(0, at(i) - start)),
    start,
    availableEnd: Math.max(0, Math.min(shownEnd, missing) - start),
    end: Math.max(0, end - start),
  };
}

/** The packets that can be decoded, by the time they are shown. */
function shownOrder({ pts, key }: Pick<Timeline, "pts" | "key">): Int32Array<ArrayBuffer> {
  const firstKey = Math.max(0, key.indexOf(1));
  const secondKey = keyAfter(key, firstKey) ?? pts.length;
  const order = new Int32Array(pts.length - Math.min(firstKey, pts.length));
  let count = 0;
  let sorted = true;
  for (let i = firstKey; i < pts.length; i++) {
    if (i < secondKey && (pts[i] as number) < (pts[firstKey] as number)) continue;
    sorted &&= count === 0 || (pts[i] as number) >= (pts[order[count - 1] as number] as number);
    order[count++] = i;
  }
  const packets = order.subarray(0, count);
  return sorted ? packets : packets.sort((a, b) => (pts[a] as number) - (pts[b] as number) || a - b);
}

/** What an edit list of several parts shows: each part's packets in turn, the same ones again where it says so. */
function editedPresentation(
  { pts, duration, available }: Timeline,
  segments: readonly Segment[],
  all: Int32Array,
): Presentation {
  const packets: number[] = [];
  const times: number[] = [];
  const end = segments.reduce((latest, { from, to, at }) => Math.max(latest, at + to - from), 0);
  let missing = end;
  for (const { from, to, at } of segments) {
    for (const i of all) {
      const time = pts[i] as number;
      if (time + (duration[i] as number) <= from + tolerance || time >= to - tolerance) continue;
      const shownAt = Math.max(0, time - from) + at;
      if (i >= available) missing = Math.min(missing, shownAt);
      packets.push(i);
      times.push(shownAt);
    }
  }
  const start = Math.min(times[0] ?? 0, end);
  const kept = times.findIndex((time) => time >= missing);
  const count = kept === -1 ? times.length : kept;
  return {
    packets: Int32Array.from(packets.slice(0, count)),
    times: Float64Array.from(times.slice(0, count), (time) => time - start),
    start,
    availableEnd: Math.max(0, missing - start),
    end: Math.max(0, end - start),
  };
}

const emptyPresentation: Presentation = {
  packets: new Int32Array(0),
  times: new Float64Array(0),
  start: 0,
  availableEnd: 0,
  end: 0,
};

/** One time to be shown and the packet shown then; `time` in microseconds, `index` counts the sampling's times from 0. */
export type WantedFrame = { readonly index: number; readonly time: number; readonly packet: number };

/** The times that `sampling` asks of `durationUs` microseconds of video; a still picture (0) is asked for once. */
function sampleTimes(sampling: Sampling, durationUs: number): Float64Array {
  const valid = "fps" in sampling ? sampling.fps > 0 : sampling.frames > 0 && Number.isInteger(sampling.frames);
  assert(valid, `sampling of ${JSON.stringify(sampling)}`);
  if (durationUs <= tolerance) return new Float64Array(1);
  if ("frames" in sampling) {
    return Float64Array.from({ length: sampling.frames }, (_, i) => ((i + 0.5) / sampling.frames) * durationUs);
  }
  const count = Math.max(1, Math.ceil(((durationUs - tolerance) / 1e6) * sampling.fps));
  return Float64Array.from({ length: count }, (_, i) => (i / sampling.fps) * 1e6);
}

/** The frames that `sampling` asks for: at each time the last one that began by then. Empty where nothing can be shown. */
export function wantedFrames(shown: Presentation, sampling: Sampling): WantedFrame[] {
  if (shown.packets.length === 0) return [];
  let current = 0;
  return Array.from(sampleTimes(sampling, shown.availableEnd), (time, index) => {
    while (current + 1 < shown.times.length && (shown.times[current + 1] as number) <= time + tolerance) current++;
    return { index, time, packet: shown.packets[current] as number };
  });
}

/** Those of a part, in seconds, both ends included; all where no part is given. */
export function framesWithin(
  wanted: readonly WantedFrame[],
  range: readonly [from: number, to: number] | undefined,
): readonly WantedFrame[] {
  if (!range) return wanted;
  const [from, to] = range;
  return wanted.filter(({ time }) => time / 1e6 >= from && time / 1e6 <= to);
}

/** How many times `sampling` would have asked for in the part of the video that was cut off; 0 for `frames`, which fit what is there. */
export function lostToTruncation(shown: Presentation, sampling: Sampling): number {
  if ("frames" in sampling || shown.end - shown.availableEnd <= tolerance) return 0;
  const planned = shown.packets.length === 0 ? 0 : sampleTimes(sampling, shown.availableEnd).length;
  return Math.max(0, sampleTimes(sampling, shown.end).length - planned);
}

/** A run of packets to decode from a key packet on, without a gap, and the frames wanted of it by time. */
export type DecodeRun = { readonly first: number; readonly last: number; readonly wanted: readonly WantedFrame[] };

/**
 * Groups wanted frames into runs that start at a key packet, end at the last packet needed, and do not overlap; runs that touch are one.
 * A frame shown before its group's key packet refers to the group before, so decoding starts there. Where an edit list goes back in time,
 * so do the runs.
 */
export function planRuns(timeline: Pick<Timeline, "pts" | "key">, wanted: readonly WantedFrame[]): DecodeRun[] {
  const time = (frame: WantedFrame | undefined) => timeline.pts[frame?.packet ?? 0] as number;
  const runs: DecodeRun[] = [];
  for (let from = 0, to = 1; from < wanted.length; from = to++) {
    while (to < wanted.length && time(wanted[to]) >= time(wanted[to - 1])) to++;
    runs.push(...planForward(timeline, wanted.slice(from, to)));
  }
  return runs;
}

function planForward(timeline: Pick<Timeline, "pts" | "key">, wanted: readonly WantedFrame[]): DecodeRun[] {
  const byDecoding = [...wanted].sort((a, b) => a.packet - b.packet || a.index - b.index);
  const runs: { first: number; last: number; wanted: WantedFrame[] }[] = [];
  for (const frame of byDecoding) {
    let first = keyAtOrBefore(timeline.key, frame.packet);
    const leads = (timeline.pts[frame.packet] as number) < (timeline.pts[first] as number);
    if (leads && first > 0) first = keyAtOrBefore(timeline.key, first - 1);
    const before = runs.at(-1);
    if (!before || first > before.last + 1) {
      runs.push({ first, last: frame.packet, wanted: [frame] });
      continue;
    }
    before.first = Math.min(before.first, first);
    before.last = frame.packet;
    before.wanted.push(frame);
    joinOverlapping(runs);
  }
  for (const run of runs) run.wanted.sort((a, b) => a.index - b.index);
  return runs;
}

/** Makes the last run one with those before it that it reaches back to. */
function joinOverlapping(runs: { first: number; last: number; wanted: WantedFrame[] }[]): void {
  for (let [before, last] = runs.slice(-2); before && last && last.first <= before.last + 1; ) {
    runs.pop();
    before.first = Math.min(before.first, last.first);
    before.last = last.last;
    for (const frame of last.wanted) before.wanted.push(frame);
    [before, last] = runs.slice(-2);
  }
}

/** The last key packet at or before `packet` in decode order; 0 where none is marked. */
export function keyAtOrBefore(key: Uint8Array, packet: number): number {
  let at = packet;
  while (at > 0 && key[at] !== 1) at--;
  return at;
}

/** The first key packet after `packet`, or null. */
export function keyAfter(key: Uint8Array, packet: number): number | null {
  const at = key.indexOf(1, packet + 1);
  return at === -1 ? null : at;
}
