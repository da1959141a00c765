import type { ErrorData } from "../errors.ts";
import type { LoadProgress, ModelChoice, Quantization } from "../library/types.ts";
import type { KernelChoice } from "../rnn/tuned-kernels.ts";
import type { SoundPlace } from "../video/frame-source.ts";
import type { SaidLine } from "./memory/hearing.ts";
import type { ProbeProgress, ProbeReport } from "./probe/report.ts";
import type { SeenFrames } from "./seeing/seen-frames.ts";
import type { Spoken, SpokenChange } from "./spoken.ts";
import type {
  AdapterInfo,
  AnswerFigures,
  AnswerScore,
  AskOptions,
  EncoderBackend,
  EncoderPrecision,
  FrameRecord,
  ModelInfo,
  ScoreOptions,
  SearchModelInfo,
  SessionSnapshot,
  WatchOptions,
  WatchSource,
} from "./types.ts";

/** Live objects, for tests and diagnostics. */
export type GpuUsage = { readonly buffers: number; readonly bytes: number; readonly openVideoFrames: number };

/** What changed in a session's snapshot, and the frames that came to it. */
export type SessionChange = {
  readonly part: Partial<Omit<SessionSnapshot, "frames" | "transcript" | "seen">>;
  readonly frames: readonly FrameRecord[];
  /** Frames whose index is a multiple of it keep their picture, the new ones and those before. */
  readonly pictureStep: number;
};

/** What the page tells the worker. `session` and `ask` are numbers that the page gives. */
export type ToWorker =
  | {
      readonly type: "open";
      readonly model: ModelChoice;
      readonly quantization: Quantization | "auto";
      readonly encoder: EncoderBackend;
      readonly encoderPrecision: EncoderPrecision;
      readonly kernels: KernelChoice;
      /** The folder that the app's own files lie in. */
      readonly appUrl: string;
    }
  | {
      readonly type: "watch";
      readonly session: number;
      /** Null for a session that only chats. */
      readonly source: WatchSource | null;
      readonly options: Omit<WatchOptions, "signal">;
    }
  | {
      readonly type: "open-memory";
      readonly session: number;
      readonly file: Blob;
      readonly source: WatchSource | null;
      readonly options: Omit<WatchOptions, "signal">;
    }
  | { readonly type: "pin"; readonly session: number; readonly pin: number; readonly question: string }
  | { readonly type: "unpin"; readonly session: number; readonly pin: number }
  | { readonly type: "edit-note"; readonly session: number; readonly note: number; readonly text: string | null }
  | { readonly type: "said"; readonly session: number; readonly change: SpokenChange }
  | {
      readonly type: "heard";
      readonly session: number;
      readonly lines: readonly SaidLine[];
      readonly untilSeconds: number | null;
    }
  | { readonly type: "save"; readonly session: number; readonly request: number }
  | {
      readonly type: "control";
      readonly session: number;
      /** `leave` closes, and keeps what was saved. */
      readonly action: "pause" | "resume" | "stop" | "reset-conversation" | "close" | "leave";
    }
  | {
      readonly type: "ask";
      readonly session: number;
      readonly ask: number;
      readonly question: string;
      readonly options: Omit<AskOptions, "signal">;
    }
  | {
      readonly type: "score";
      readonly session: number;
      readonly ask: number;
      readonly question: string;
      readonly answers: readonly string[];
      readonly options: Omit<ScoreOptions, "signal">;
    }
  | { readonly type: "load" }
  | { readonly type: "open-search"; readonly request: number; readonly model: ModelChoice }
  | { readonly type: "stop-search" }
  | { readonly type: "close-search" }
  | { readonly type: "embed"; readonly request: number; readonly text: string }
  | { readonly type: "probe" }
  | { readonly type: "stop-probe" }
  | { readonly type: "stop-answer"; readonly ask: number }
  | { readonly type: "usage"; readonly request: number }
  | { readonly type: "close" };

/** What the worker tells the page. */
export type ToPage =
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "before-loading" }
  | { readonly type: "opened"; readonly model: ModelInfo; readonly adapter: AdapterInfo }
  | { readonly type: "open-failed"; readonly error: ErrorData }
  | { readonly type: "changed"; readonly session: number; readonly change: SessionChange }
  | { readonly type: "sound"; readonly session: number; readonly sound: SoundPlace | null }
  | { readonly type: "spoken"; readonly session: number; readonly spoken: Spoken }
  | { readonly type: "seen"; readonly session: number; readonly seen: SeenFrames }
  | { readonly type: "search-progress"; readonly request: number; readonly progress: LoadProgress }
  | { readonly type: "search-opened"; readonly request: number; readonly info: SearchModelInfo }
  | { readonly type: "embedded"; readonly request: number; readonly vector: Float32Array }
  | { readonly type: "search-failed"; readonly request: number; readonly error: ErrorData }
  | { readonly type: "session-closed"; readonly session: number }
  | { readonly type: "memory-opened"; readonly session: number }
  | { readonly type: "memory-refused"; readonly session: number; readonly error: ErrorData }
  | { readonly type: "saved"; readonly request: number; readonly file: Blob }
  | { readonly type: "save-failed"; readonly request: number; readonly error: ErrorData }
  | { readonly type: "answer"; readonly ask: number; readonly text: string; readonly figures: AnswerFigures }
  | { readonly type: "answer-end"; readonly ask: number; readonly figures: AnswerFigures }
  | { readonly type: "scores"; readonly ask: number; readonly scores: readonly AnswerScore[] }
  | { readonly type: "answer-failed"; readonly ask: number; readonly error: ErrorData }
  | { readonly type: "usage"; readonly request: number; readonly usage: GpuUsage }
  | { readonly type: "probing"; readonly progress: ProbeProgress }
  | { readonly type: "probed"; readonly report: ProbeReport }
  | { readonly type: "probe-failed"; readonly error: ErrorData }
  | { readonly type: "failed"; readonly error: ErrorData }
  | { readonly type: "closed" };
