import type { ErrorData } from "../errors.ts";
import type { SoundTrack, SpokenLine } from "../speech/protocol.ts";

/** A line of what is said. `id` stays the same when the person changes its text. */
export type TranscriptLine = SpokenLine & { readonly id: number; readonly edited: boolean };

/** What was said in a video, and to where it was listened to. */
export type Spoken = {
  /** In order of time; same array object until one changes. */
  readonly lines: readonly TranscriptLine[];
  readonly heardUntilSeconds: number;
};

/** Lines that take the place of those from place `from` on. */
export type SpokenChange = Spoken & { readonly from: number };

/** Nothing was heard yet. */
export const nothingSpoken: Spoken = { lines: [], heardUntilSeconds: 0 };

/** What has to be put into `before` to make `after` of it. */
export function spokenChange(before: Spoken, { lines, heardUntilSeconds }: Spoken): SpokenChange {
  const differs = lines.findIndex((line, place) => line !== before.lines[place]);
  const from = differs < 0 ? lines.length : differs;
  return { from, lines: lines.slice(from), heardUntilSeconds };
}

export function applySpoken({ lines }: Spoken, { from, lines: rest, heardUntilSeconds }: SpokenChange): Spoken {
  return { lines: [...lines.slice(0, from), ...rest], heardUntilSeconds };
}

/** What was heard of a video. */
export type Transcript = Spoken & {
  /** `waiting` until the video is open. `off` where nobody wants to listen, with what was heard before. */
  readonly status: "off" | "waiting" | "listening" | "paused" | "done" | "no-sound" | "failed";
  /** Where the sound ends; null while unknown. */
  readonly durationSeconds: number | null;
  readonly tracks: readonly SoundTrack[];
  /** Place of the track that is heard; null while unknown. */
  readonly track: number | null;
  /** How much of the recogniser has come while it is downloaded; null before and after. */
  readonly download: { readonly loadedBytes: number; readonly totalBytes: number } | null;
  /** Why it cannot be heard, e.g. `AudioUnreadable`. */
  readonly error: ErrorData | null;
};

/** A transcript of a session that does not listen. */
export const emptyTranscript: Transcript = {
  ...nothingSpoken,
  status: "off",
  durationSeconds: null,
  tracks: [],
  track: null,
  download: null,
  error: null,
};
