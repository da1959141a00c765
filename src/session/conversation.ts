import { AuroraError } from "../errors.ts";
import { createTensor, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { createRnnStream, type RnnStream } from "../rnn/stream.ts";
import { cleanQuestion, memoryPrompt, nextTurnPrompt, type PromptIds, sandwichPrompt } from "../text/prompt.ts";
import { type WrittenAnswer, writeAnswer } from "./answer.ts";
import type { Engine } from "./engine.ts";
import { frameIndices } from "./memory/frame-tokens.ts";
import type { KeptTokens } from "./memory/kept-tokens.ts";
import type { AnswerFigures, AskOptions } from "./types.ts";

/** What a conversation is about: the state that the frames are read into, and the frames' tokens. */
export type Watched = {
  readonly stream: RnnStream;
  readonly kept: KeptTokens;
  /** Frames that the state has read; a conversation notices by it that there is more to know. */
  readonly framesRead: number;
  /** When each frame read so far is shown, seconds. */
  readonly times: readonly number[];
};

/** Questions and answers about one video. Asking one at a time is up to the caller. */
export type Conversation = {
  /** Answers a question; resolves with the figures when the answer is complete or `options.signal` stopped it. */
  ask(
    question: string,
    options: AskOptions,
    onText: (text: string, figures: AnswerFigures) => void,
  ): Promise<AnswerFigures>;
  reset(): void;
  destroy(): void;
};

/** Kept frames from the first to before the last. */
type Span = readonly [first: number, last: number];

type Turn = { readonly question: string; readonly answer: readonly number[] };

/** Frames of kept tokens that are uploaded at once when looking again. */
const lookFrames = 16;

/** Creates a conversation on a branch of its own: asking leaves the watched state as it is. */
export function createConversation(engine: Engine, watched: Watched): Conversation {
  const { gpu, config, tokenizer, rnn } = engine;
  const branch = createRnnStream(gpu, rnn, "session.branch", tokenizer.idLimit);
  let look: Tensor | null = null;
  let turns: Turn[] = [];
  /** What the branch has read: the frames and turns so many; null when it holds something else. */
  let branchHolds: { readonly frames: number; readonly turns: number } | null = null;

  function promptIds(question: string, turn: number): readonly number[] {
    return turn === 0
      ? memoryPrompt(config.prompt, tokenizer, question).after
      : nextTurnPrompt(config.prompt, tokenizer, question);
  }

  /** Has the branch read the frames so far and the conversation so far; quick when it already has. */
  function recall(): void {
    if (branchHolds?.frames === watched.framesRead && branchHolds.turns === turns.length) return;
    branch.copyFrom(watched.stream);
    const told = turns.flatMap(({ question, answer }, turn) => [...promptIds(question, turn), ...answer]);
    branch.read(Uint32Array.from(told));
  }

  /** Has the branch read a prompt around the kept frames [first, last), and nothing else. */
  async function reread(prompt: PromptIds, [first, last]: Span, signal: AbortSignal | undefined): Promise<void> {
    const rows = engine.encoder.tokensPerFrame;
    look ??= createTensor(gpu, "session.look-again", [lookFrames * rows, rowStride(config.text.hiddenSize)], "f16");
    branch.reset();
    branch.read(Uint32Array.from(prompt.before));
    for (let begin = first; begin < last; begin += lookFrames) {
      const end = Math.min(begin + lookFrames, last);
      const tokens = await watched.kept.read(begin, end);
      writeTensor(gpu, look, tokens);
      branch.read(frameIndices(config.text.vocabSize, rows, end - begin, prompt.betweenFrames, begin === first), {
        visual: look,
      });
      await gpu.device.queue.onSubmittedWorkDone(); // keeps the queue short, so that watching goes on and Stop works
      if (signal?.aborted) return;
    }
    branch.read(Uint32Array.from(prompt.after), { logits: true });
  }

  /** Has the branch read all that the question needs; returns on how many frames the answer is based. */
  async function prepare(question: string, options: AskOptions): Promise<number> {
    if (rereads(options)) {
      const makePrompt = options.from === "look-again" ? sandwichPrompt : memoryPrompt;
      const span = spanOf(options, watched);
      branchHolds = null;
      await reread(makePrompt(config.prompt, tokenizer, question), span, options.signal);
      return span[1] - span[0];
    }
    const frames = watched.framesRead;
    recall();
    branchHolds = null; // until the answer is complete
    branch.read(Uint32Array.from(promptIds(question, turns.length)), { logits: true });
    return frames;
  }

  async function ask(
    asked: string,
    options: AskOptions,
    onText: (text: string, figures: AnswerFigures) => void,
  ): Promise<AnswerFigures> {
    const startMs = performance.now();
    const question = cleanQuestion(asked);
    if (question === "") throw new AuroraError("Aborted", "Type a question first.");
    const frames = await prepare(question, options);
    if (options.signal?.aborted) return { tokens: 0, firstTokenMs: 0, tokensPerSecond: 0, frames };
    const { answer, figures } = await writeAnswer(engine, branch, options, { onText, frames, startMs });
    remember(question, answer, rereads(options) ? null : frames);
    return figures;
  }

  /** An answer that was cut gets the stop token that it lacks: next turns follow one, as in training. */
  function remember(question: string, { ids, stopped }: WrittenAnswer, frames: number | null): void {
    const [stopId] = config.prompt.stopIds;
    const missing = stopped === "by-model" || stopId === undefined ? [] : [stopId];
    turns = [...turns, { question, answer: [...ids, ...missing] }];
    if (frames === null) return;
    branch.read(Uint32Array.from(missing));
    branchHolds = { frames, turns: turns.length };
  }

  return {
    ask,
    reset() {
      turns = [];
      branchHolds = null;
    },
    destroy() {
      branch.destroy();
      look?.destroy();
    },
  };
}

/** Whether an answer needs the kept frames to be read once more, by a state that has read nothing else. */
function rereads({ from, at, range }: AskOptions): boolean {
  return from === "look-again" || at !== undefined || range !== undefined;
}

/** The kept frames that a question is about. */
function spanOf({ at, range }: AskOptions, { kept, times }: Watched): Span {
  const [from, to] = range ?? [0, at ?? Number.POSITIVE_INFINITY];
  const last = Math.min(kept.frames, times.filter((time) => time <= to).length);
  return [Math.min(last, times.filter((time) => time < from).length), last];
}
