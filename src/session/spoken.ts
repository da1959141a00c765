import type { ErrorData } from "../errors.ts";
import type { SoundTrack, SpokenLine } from "../speech/protocol.ts";

/** A line of what is said. `id` stays the same when the person changes its text. */
export type TranscriptLine = SpokenLine & { readonly id: number; readonly edited: boolean };

/** What was heard of a video. */
export type Transcript = {
  /** `waiting` until the video is open. `off` where nobody wants to listen, with what was heard before. */
  readonly status: "off" | "waiting" | "listening" | "paused" | "done" | "no-sound" | "failed";
  /** All lines so far in order of time; same array object until one changes. */
  readonly lines: readonly TranscriptLine[];
  readonly heardUntilSeconds: number;
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
  status: "off",
  lines: [],
  heardUntilSeconds: 0,
  durationSeconds: null,
  tracks: [],
  track: null,
  download: null,
  error: null,
};
