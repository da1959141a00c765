export type AskOptions = {
  /** `memory` (the default): the question after the frames, from the state as it is now. `look-again`: question, all kept frames, question. */
  readonly from?: "memory" | "look-again";
  /** Answer as of this second of the video: only frames up to it count, and earlier turns do not unless `branch` says so. */
  readonly at?: number;
  /** Answer from these seconds of the video alone, both included; in place of `at`. Earlier turns do not count. */
  readonly range?: readonly [from: number, to: number];
  /**
   * The turn behind which it is asked, by the number that its figures have; 0 for the beginning of the conversation. So a
   * question is asked again, or another one in its place, or several from one moment side by side. The newest unless given.
   */
  readonly branch?: number;
  readonly maxTokens?: number;
  /** 0 (the default) is greedy; else top-p sampling. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
};

/** A piece of an answer as it is written. The last piece has `done` true and the answer's figures. */
export type AnswerPiece = { readonly text: string; readonly done: boolean; readonly figures: AnswerFigures };

export type AnswerFigures = {
  readonly tokens: number;
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  /** Frames that the answer is based on. */
  readonly frames: number;
  /** The moment of the video that the answer knows of and nothing after, in seconds; null before it is known. */
  readonly asOfSeconds: number | null;
  /** Whether frames up to the moment asked for are gone, so that the nearest key state answered. */
  readonly fromNeighbour: boolean;
  /** The turn's number in the conversation, to ask behind it again (`AskOptions.branch`); null until it is answered. */
  readonly turn: number | null;
};

/** The figures of an answer of which nothing is known yet. */
export const noFigures: AnswerFigures = {
  tokens: 0,
  firstTokenMs: 0,
  tokensPerSecond: 0,
  frames: 0,
  asOfSeconds: null,
  fromNeighbour: false,
  turn: null,
};

/** How the question stands before the answers that are scored. */
export type ScoreOptions = Pick<AskOptions, "from" | "at" | "range" | "signal">;

/** How likely the model holds an answer to be. */
export type AnswerScore = {
  readonly answer: string;
  /** Natural logarithm of the likelihood of its tokens, each after those before it; the end of the answer is not among them. */
  readonly logLikelihood: number;
  readonly tokens: number;
};
