import type { ErrorData } from "../errors.ts";
import type { LoadProgress, ModelChoice, Quantization } from "../library/types.ts";
import type { TranscriptFormat } from "../speech/export-transcript.ts";
import type { SoundTrack, SpokenLine } from "../speech/protocol.ts";
import type { SourceInfo, WatchSource } from "../video/frame-source.ts";

export type { TranscriptFormat, WatchSource };

/** Where the encoder runs: `auto` takes the GPU, or wasm where the adapter is itself software. */
export type EncoderBackend = "auto" | "webgpu" | "wasm";

export type OpenOptions = {
  /** What to open; a text is the URL of a model folder, absolute or relative to the page. */
  readonly model: string | ModelChoice;
  /** Form of the weights where the model is converted; `auto` (the default) takes what `ModelOffer.recommended` says. */
  readonly quantization?: Quantization | "auto";
  readonly encoder?: EncoderBackend;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Awaited once the model's files are there, before any of them goes to the GPU: the moment to close another model. */
  readonly beforeLoading?: () => Promise<void>;
  readonly signal?: AbortSignal;
};

/** What the loaded model is. */
export type ModelInfo = {
  readonly name: string;
  readonly license: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly quantization: Quantization;
  /** Its key in the store; null where it was not stored. */
  readonly storedKey: string | null;
  /** Sentences for the person about what loading it found, e.g. that nothing could be stored. */
  readonly notices: readonly string[];
  /** Side of the square picture the model sees, and of one patch, in pixels. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Visual tokens of one frame after merging, and patches before. */
  readonly tokensPerFrame: number;
  readonly patchesPerFrame: number;
  /** Bytes of the recurrent state, whatever the video's length. */
  readonly stateBytes: number;
  /** Sampling rate the model was trained at, frames a second. */
  readonly fps: number;
};

/** What computes. `encoder` is the backend in use. */
export type AdapterInfo = {
  readonly description: string;
  readonly software: boolean;
  readonly encoder: "webgpu" | "wasm";
};

export type WatchOptions = {
  /** Frames a second; those that the model was trained at unless given. */
  readonly fps?: number;
  /** Frames in all, spread evenly over the whole video; in place of `fps`. */
  readonly frames?: number;
  /** Most bytes of visual tokens that are kept to be looked at again, in memory and on disk; 4 GiB unless given. */
  readonly keepBytes?: number;
  /** Whether to write down what is said in it; not, unless given: nothing of the sound is decoded or downloaded then. */
  readonly listen?: boolean;
  readonly signal?: AbortSignal;
};

/** One frame that was read into the memory. */
export type FrameRecord = {
  readonly index: number;
  readonly timestampSeconds: number;
  /** The square picture the model saw, as a small JPEG; null once dropped to bound memory in very long videos. */
  readonly thumbnail: Blob | null;
  /** For each patch, row by row, the index of the kept token that it was merged into; `droppedToken` where the token was dropped. */
  readonly owners: Uint16Array;
};

/** Value of `FrameRecord.owners` for patches whose token was dropped. */
export const droppedToken = 0xffff;

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

/** Something that went wrong without ending the session, e.g. damaged seconds that were skipped. */
type Notice = ErrorData;

/**
 * State of a session, replaced (never mutated) on every change.
 * `failed` sessions can still be asked about what was watched before.
 */
export type SessionSnapshot = {
  readonly status: "opening" | "watching" | "paused" | "done" | "stopped" | "failed";
  readonly video: SourceInfo | null;
  /** How much of a video by address has come while it is opened; null before, after, and for files. */
  readonly download: { readonly loadedBytes: number; readonly totalBytes: number | null } | null;
  readonly framesWatched: number;
  /** Frames that will have been watched at the end; null while unknown. */
  readonly framesPlanned: number | null;
  readonly watchedUntilSeconds: number;
  /** Estimate of the time left to watch; null while unknown. */
  readonly secondsLeft: number | null;
  readonly framesPerSecond: number;
  readonly visualTokens: number;
  /** All frames so far in temporal order; same array object until one is added. */
  readonly frames: readonly FrameRecord[];
  readonly stateBytes: number;
  /**
   * Frames whose visual tokens are kept to be looked at again, and their bytes. Past the budget every second of the
   * oldest goes, so that what is left lies evenly over the video.
   */
  readonly kept: { readonly frames: number; readonly bytes: number; readonly budgetBytes: number };
  readonly gpuBytes: number;
  /** Milliseconds spent watching so far. */
  readonly watchMs: number;
  readonly notices: readonly Notice[];
  readonly transcript: Transcript;
  readonly error: ErrorData | null;
};

/** A transcript of a session that does not listen. */
const emptyTranscript: Transcript = {
  status: "off",
  lines: [],
  heardUntilSeconds: 0,
  durationSeconds: null,
  tracks: [],
  track: null,
  download: null,
  error: null,
};

/** A session of which nothing is known yet. */
export const emptySnapshot: SessionSnapshot = {
  status: "opening",
  video: null,
  download: null,
  framesWatched: 0,
  framesPlanned: null,
  watchedUntilSeconds: 0,
  secondsLeft: null,
  framesPerSecond: 0,
  visualTokens: 0,
  frames: [],
  stateBytes: 0,
  kept: { frames: 0, bytes: 0, budgetBytes: 0 },
  gpuBytes: 0,
  watchMs: 0,
  notices: [],
  transcript: emptyTranscript,
  error: null,
};

export type AskOptions = {
  /** `memory` (the default): the question after the frames, from the state as it is now. `look-again`: question, all kept frames, question. */
  readonly from?: "memory" | "look-again";
  /** Answer as of this second of the video: only frames up to it count, and earlier turns do not. */
  readonly at?: number;
  /** Answer from these seconds of the video alone, both included; in place of `at`. Earlier turns do not count. */
  readonly range?: readonly [from: number, to: number];
  readonly maxTokens?: number;
  /** 0 (the default) is greedy; else top-p sampling. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
};

/** What can be searched. */
export type SearchKind = "said";

/** A moment of the video that was looked for; `score` is 1 for the best one, and above 0. */
export type Moment = {
  readonly kind: SearchKind | "noted";
  readonly seconds: number;
  readonly until: number;
  readonly score: number;
  /** What was said. */
  readonly text: string;
  /** The picture of that moment; null where none was kept. */
  readonly thumbnail: Blob | null;
};

/** A piece of an answer as it is written. The last piece has `done` true and the answer's figures. */
export type AnswerPiece = { readonly text: string; readonly done: boolean; readonly figures: AnswerFigures };

export type AnswerFigures = {
  readonly tokens: number;
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  /** Frames that the answer is based on. */
  readonly frames: number;
};

/** One video being watched, and the conversation about it. */
export interface Session {
  readonly snapshot: SessionSnapshot;
  /** Calls `listener` after each change of `snapshot`; returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
  /**
   * Asks a question and yields the answer as it is written. Several turns: every question that was answered, in whichever
   * way, stays in the conversation until `resetConversation`, and is read before the next one from memory. One question at
   * a time: a second one waits for the first. Ending the iteration early, or `signal`, stops the answer; what was written
   * stays in the conversation.
   *
   * @throws AuroraError in the iteration: `BadRequest` for a question or an option that makes no sense, the video's error
   *   where no frame was watched
   */
  ask(question: string, options?: AskOptions): AsyncGenerator<AnswerPiece, void, void>;
  /** Writes down what is said from now on, or stops doing so; going on begins where it was. */
  listen(on: boolean): void;
  /** Hears another of the video's sound tracks, by its place among them. What was heard of the one before is forgotten. */
  chooseSound(track: number): void;
  /** Changes the text of a line of the transcript; an empty one takes the line out. */
  editLine(id: number, text: string): void;
  /**
   * Finds moments, best first, by words, their beginnings, and words nearly so, whatever their case and accents.
   *
   * @param options `in` what to search; all that can be, unless given
   * @throws AuroraError `BadRequest`
   */
  find(text: string, options?: { readonly in?: readonly SearchKind[] }): Moment[];
  /** The transcript as far as it goes. */
  export(format: TranscriptFormat): string;
  /** Forgets the questions and answers, not the video. */
  resetConversation(): void;
  pause(): void;
  resume(): void;
  /** Ends watching; what was watched can still be asked about. */
  stop(): void;
  /** Frees everything that the session holds. */
  close(): Promise<void>;
}

export interface Assistant {
  readonly model: ModelInfo;
  readonly adapter: AdapterInfo;
  /** Live GPU buffers and bytes, onnxruntime's included. */
  gpuUsage(): Promise<{ readonly buffers: number; readonly bytes: number; readonly openVideoFrames: number }>;
  /**
   * Starts watching a file, or what lies at an address. Errors, of the options too (`BadRequest`), show in the session's
   * snapshot as `status: "failed"`.
   */
  watch(source: Blob | string | URL | WatchSource, options?: WatchOptions): Session;
  /** Settles when the GPU is lost; open a new assistant to go on. */
  readonly failed: Promise<ErrorData>;
  /** Ends all sessions; resolves once the GPU's memory is free. */
  close(): Promise<void>;
}
