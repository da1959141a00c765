import type { ErrorData } from "../errors.ts";
import type { LoadProgress, ModelChoice, Quantization } from "../library/types.ts";
import type { KernelChoice } from "../rnn/tuned-kernels.ts";
import type { TranscriptFormat } from "../speech/export-transcript.ts";
import type { Medium, SourceInfo, SourcePart, WatchSource } from "../video/frame-source.ts";
import type { AnswerPiece, AnswerScore, AskOptions, ScoreOptions } from "./asking/asked.ts";
import type { AdapterInfo, ModelInfo } from "./model-info.ts";
import type { ProbeOptions, ProbeReport } from "./probe/report.ts";
import type { FrameRecord, Note, Pinned, Scene, StandingQuestion, TurnRecord } from "./records.ts";
import type { FindOptions, Moment, SearchModelInfo } from "./seeing/found.ts";
import { emptyTranscript, type Transcript } from "./spoken.ts";

export type { Medium, ModelChoice, Pinned, SourcePart, TranscriptFormat, WatchSource };

/** What can be watched: a file or its address, several one after the other, or a camera or screen that is being captured. */
export type Watchable = OneFile | readonly OneFile[] | MediaStream | WatchSource;
type OneFile = Blob | string | URL;

/** Where the encoder runs: `auto` takes the GPU, or wasm where the adapter is itself software. */
export type EncoderBackend = "auto" | "webgpu" | "wasm";

/** What the encoder computes in: `auto` takes f16 where it runs on a GPU that has it, which halves its memory. */
export type EncoderPrecision = "auto" | "f16" | "f32";

export type OpenOptions = {
  /** What to open; a text is the URL of a model folder, absolute or relative to the page. */
  readonly model: string | ModelChoice;
  /** Form of the weights where the model is converted; `auto` (the default) takes what `ModelOffer.recommended` says. */
  readonly quantization?: Quantization | "auto";
  readonly encoder?: EncoderBackend;
  readonly encoderPrecision?: EncoderPrecision;
  readonly kernels?: KernelChoice;
  /** Folder with what comes with the app besides code (models/, tokenizers/, probe/); the page's own, unless given. */
  readonly assets?: string | URL;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Awaited once the model's files are there, before any of them goes to the GPU: the moment to close another model. */
  readonly beforeLoading?: () => Promise<void>;
  readonly signal?: AbortSignal;
};

export type WatchOptions = {
  /** Frames a second; those that the model was trained at unless given. */
  readonly fps?: number;
  /** Frames in all, spread evenly over the whole video; in place of `fps`. */
  readonly frames?: number;
  /** Most bytes of visual tokens that are kept to be looked at again, in memory and on disk; 4 GiB unless given. */
  readonly keepBytes?: number;
  /** Whether it saves itself to the browser's storage as it goes, to be offered again after a crash; not unless told so. */
  readonly autosave?: boolean;
  /** Whether each scene gets a note when it has ended; not unless told so. */
  readonly notes?: boolean;
  /** Longest part of a scene that one note is about, in seconds; 60 unless given. */
  readonly noteSeconds?: number;
  /** Whether to write down what is said in it; not, unless given: nothing of the sound is decoded or downloaded then. */
  readonly listen?: boolean;
  /** Key of the stored recogniser to write it down with (`storeRecogniser`); the one that comes with the app, unless given. */
  readonly recogniser?: string | null;
  /**
   * Whether what is heard is read into the memory too, at its time, where the model's prompt says how (`ModelInfo.speech`); not unless told so.
   * Frames of a file then wait until what was said before them is heard.
   */
  readonly speech?: boolean;
  readonly signal?: AbortSignal;
};

/** Options of `Assistant.open`; `fps` and `frames` are as they were unless given. */
type OpenMemoryOptions = WatchOptions & {
  /** What to go on watching. */
  readonly video?: Watchable;
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
  /** How much of a file has been looked through while it is opened, 0 to 1; null before and after. */
  readonly opening: number | null;
  readonly framesWatched: number;
  /** Frames that will have been watched at the end; null while unknown. */
  readonly framesPlanned: number | null;
  /** Frames of a camera or screen that were passed over, as newer ones were there by the time the model could read. */
  readonly framesDropped: number;
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
  /** Copies of the state, from which it is asked as of moments before (`AskOptions.at`). */
  readonly keyStates: { readonly count: number; readonly bytes: number };
  /** Lines of speech that were read into the memory (`WatchOptions.speech`). */
  readonly linesRead: number;
  /** What it saves itself as (`findSavedSession`); null where it does not. */
  readonly savedAs: string | null;
  /** What lies between the changes of the picture; the last scene is not over while it is watched. */
  readonly scenes: readonly Scene[];
  /** What was seen in each scene, by time. */
  readonly notes: readonly Note[];
  readonly standing: readonly StandingQuestion[];
  /** The conversation, in the order in which the answers came. */
  readonly turns: readonly TurnRecord[];
  readonly gpuBytes: number;
  /** Milliseconds spent watching so far. */
  readonly watchMs: number;
  readonly notices: readonly Notice[];
  readonly transcript: Transcript;
  /** Frames that can be found by what is seen in them, once there is a search model (`Assistant.openSearch`). */
  readonly seen: { readonly frames: number };
  readonly error: ErrorData | null;
};

/** A session of which nothing is known yet. */
export const emptySnapshot: SessionSnapshot = {
  status: "opening",
  video: null,
  download: null,
  opening: null,
  framesWatched: 0,
  framesPlanned: null,
  framesDropped: 0,
  watchedUntilSeconds: 0,
  secondsLeft: null,
  framesPerSecond: 0,
  visualTokens: 0,
  frames: [],
  stateBytes: 0,
  kept: { frames: 0, bytes: 0, budgetBytes: 0 },
  keyStates: { count: 0, bytes: 0 },
  linesRead: 0,
  savedAs: null,
  scenes: [],
  notes: [],
  standing: [],
  turns: [],
  gpuBytes: 0,
  watchMs: 0,
  notices: [],
  transcript: emptyTranscript,
  seen: { frames: 0 },
  error: null,
};

/** Forms of a session's notes: WebVTT, SubRip, Markdown and JSON. */
export type ExportKind = "vtt" | "srt" | "markdown" | "json";

/** One video being watched, and the conversation about it. */
export interface Session {
  readonly snapshot: SessionSnapshot;
  /** Calls `listener` after each change of `snapshot`; returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
  /**
   * Asks a question and yields the answer as it is written. Several turns: every question that was answered, in whichever
   * way, stays in the conversation until `resetConversation`, and is read before the next one from memory, unless that is
   * asked behind another one (`branch`). One question at
   * a time: a second one waits for the first. Ending the iteration early, or `signal`, stops the answer; what was written
   * stays in the conversation.
   *
   * @throws AuroraError in the iteration: `BadRequest` for a question or an option that makes no sense, the video's error
   *   where no frame was watched
   */
  ask(question: string, options?: AskOptions): AsyncGenerator<AnswerPiece, void, void>;
  /**
   * Writes down what is said from now on, or stops doing so; going on begins where it was.
   *
   * @param live the sound of a camera or screen, e.g. a microphone's; that of the stream which is watched, unless given
   */
  listen(on: boolean, live?: MediaStreamTrack): void;
  /** Hears another of the video's sound tracks, by its place among them. What was heard of the one before is forgotten. */
  chooseSound(track: number): void;
  /** Writes down with another recogniser from here on, by its key in the store; with null by the one that comes with the app. */
  useRecogniser(recogniser: string | null): void;
  /** Changes the text of a line of the transcript; an empty one takes the line out. */
  editLine(id: number, text: string): void;
  /**
   * Finds moments, best first: what was said and noted by words, their beginnings, and words nearly so, whatever their case and
   * accents; what was seen by what the text describes, where there is a search model.
   *
   * @param options `in` what to search; all that can be, unless given
   * @throws AuroraError `BadRequest`, or why the text could not be read
   */
  find(text: string, options?: FindOptions): Promise<Moment[]>;
  /** Finds the moments that look most like that of a second, best first; none without a search model. @throws AuroraError `BadRequest` */
  findAlike(seconds: number, options?: Pick<FindOptions, "most">): Promise<Moment[]>;
  /**
   * Pins a question: it is asked now and again whenever a scene has ended, while no question of a person's waits. Its answers
   * stand in `snapshot.standing`, those that said the same as the one before left out.
   *
   * @throws AuroraError `BadRequest` for an empty one
   */
  pin(question: string): Pinned;
  /** Asks a pinned question no more, one of a memory file too, and forgets its answers. */
  unpin(id: number): void;
  /** Puts a person's words in a note's place. */
  editNote(id: number, text: string): void;
  removeNote(id: number): void;
  /**
   * Notes as WebVTT or SubRip; with standing questions and the conversation as Markdown or JSON.
   *
   * @throws AuroraError `BadRequest`, as the other form
   */
  export(kind: ExportKind, part?: "notes"): string;
  /** What is said, as far as it was heard: subtitles, plain text, or JSON with the times of the words. */
  export(kind: TranscriptFormat, part: "transcript"): string;
  /**
   * Tells how likely the model holds each of some given answers to a question to be, as it would be asked now. Nothing of it
   * stays in the conversation. Waits for its turn like a question.
   *
   * @throws AuroraError `BadRequest` for a question, an answer or an option that makes no sense, `Aborted` through `signal`, the
   *   video's error where no frame was watched
   */
  score(question: string, answers: readonly string[], options?: ScoreOptions): Promise<readonly AnswerScore[]>;
  /** Forgets the questions and answers, not the video. */
  resetConversation(): void;
  pause(): void;
  resume(): void;
  /** Ends watching; what was watched can still be asked about. */
  stop(): void;
  /**
   * What it remembers, as a memory file of now; watching goes on. Named `.aurora` by convention.
   *
   * @throws AuroraError `BadRequest` where nothing was watched yet
   */
  save(): Promise<Blob>;
  /** Frees everything that the session holds; what it saved of itself goes too, unless that is still to be offered. */
  close(options?: { readonly keepSaved?: boolean }): Promise<void>;
}

export type { AnswerFigures, AnswerPiece, AnswerScore, AskOptions, ScoreOptions } from "./asking/asked.ts";
export type { AdapterInfo, ModelInfo } from "./model-info.ts";
export type { ProbeOptions, ProbeProgress, ProbeReport } from "./probe/report.ts";
export { droppedToken, type FrameRecord } from "./records.ts";
export type { FindOptions, Moment, SearchKind, SearchModelInfo } from "./seeing/found.ts";
export type { Transcript, TranscriptLine } from "./spoken.ts";

export interface Assistant {
  readonly model: ModelInfo;
  readonly adapter: AdapterInfo;
  /** Live GPU buffers and bytes, onnxruntime's included. */
  gpuUsage(): Promise<{ readonly buffers: number; readonly bytes: number; readonly openVideoFrames: number }>;
  /**
   * Starts watching a file or what lies at an address, several of them one after the other, or a camera or screen until it
   * ends; whoever captures those stops their tracks. Errors, of the options too (`BadRequest`), show in the session's
   * snapshot as `status: "failed"`.
   */
  watch(source: Watchable, options?: WatchOptions): Session;
  /** Opens a session that has seen nothing, to chat with the model: with one for text only (`ModelInfo.sees`) all that can be done. */
  chat(): Session;
  /**
   * Opens what `Session.save` saved, with this model. It can be asked at once, without its video; the questions of before
   * are in its snapshot, and are read before a new one only where that is asked behind them (`AskOptions.branch`). With
   * `video`, watching goes on: where it was left if it is the same one, else behind what was seen, be it a next part or
   * a camera.
   *
   * @throws AuroraError `MemoryUnreadable`, `MemoryOfAnotherModel`, `BadRequest`
   */
  open(file: Blob, options?: OpenMemoryOptions): Promise<Session>;
  /**
   * Checks whether the model is read as it was trained, with pictures that come with the app. Sessions go on meanwhile, more
   * slowly. One check at a time.
   *
   * @throws AuroraError `Aborted`, `DownloadFailed`, `BadRequest` while another check runs, and the GPU's own
   */
  probe(options?: ProbeOptions): Promise<ProbeReport>;
  /**
   * Opens a SigLIP by which sessions find what was seen, in place of the one before; one of the hub is downloaded and kept first.
   * Frames that were watched already are decoded again where they come from files.
   *
   * @throws AuroraError `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `DownloadFailed`, `StorageFull`, `OutOfMemory` or `Aborted`
   */
  openSearch(
    choice: string | ModelChoice,
    options?: Pick<OpenOptions, "onProgress" | "signal">,
  ): Promise<SearchModelInfo>;
  /** Frees the search model; what was seen is found no more. */
  closeSearch(): void;
  /** Settles when the GPU is lost; open a new assistant to go on. */
  readonly failed: Promise<ErrorData>;
  /** Ends all sessions; resolves once the GPU's memory is free. */
  close(): Promise<void>;
}
