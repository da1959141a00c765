import { createTensor, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { createRnnScorer, type RnnScorer } from "../rnn/scorer.ts";
import { clearRnnState, copyRnnState, createRnnState, type RnnState } from "../rnn/state.ts";
import { type Choice, createRnnWriter, maxFlush } from "../rnn/writer.ts";
import { createAnswerText } from "../text/answer-text.ts";
import type { Engine } from "./engine.ts";
import { frameIndices } from "./memory/frame-tokens.ts";
import type { Memory } from "./memory/memory.ts";
import type { Reading } from "./reading.ts";

/** How an answer ended: the ids that the state has read since the prompt. */
export type Answer = {
  readonly ids: readonly number[];
  readonly stopped: "by-model" | "by-limit" | "by-person";
};

/** How an answer is to be written, and who is told of it as it comes. */
type Writing = {
  readonly maxTokens: number;
  readonly choice: Choice;
  readonly signal: AbortSignal;
  /** Called for each token of the answer, before its text is shown. */
  onToken(): void;
  onText(text: string): void;
};

/** A copy of a memory's state, on which a question is read and answered: the memory stays as it is. */
export type Branch = {
  /**
   * Reads what was planned; what it holds of that already is not read again.
   *
   * @returns frames that an answer is based on
   */
  read(reading: Reading, signal: AbortSignal): Promise<number>;
  /**
   * Tells how likely the model holds each of some answers to be after what was planned, which it reads first.
   *
   * @param answers ids, at least one each
   * @returns for each answer the natural logarithms of its tokens, and the frames they are based on; without the rest when
   *   `signal` ends it
   */
  score(
    reading: Reading,
    answers: readonly (readonly number[])[],
    signal: AbortSignal,
  ): Promise<{ readonly frames: number; readonly scores: readonly Float32Array[] }>;
  /** Writes an answer to what was read, which the state then has read too. */
  write(writing: Writing): Promise<Answer>;
  destroy(): void;
};

/** Frames of kept tokens that are uploaded at once. */
const lookFrames = 16;
/** Longest time between two pieces of an answer that a person should have to wait for, where the GPU is fast enough. */
const flushMs = 60;

export function createBranch(engine: Engine, memory: Memory): Branch {
  const { gpu, config, tokenizer, rnn } = engine;
  const { vocabSize, hiddenSize } = config.text;
  const rows = engine.encoder.tokensPerFrame;
  const state = createRnnState(gpu, rnn.config, "session.branch");
  const writer = createRnnWriter(gpu, rnn, state, "session.branch", tokenizer.idLimit);
  let table: Tensor | null = null;
  /** A state of its own, on which one answer after the other is read; made when it is needed. */
  let scoring: { readonly state: RnnState; readonly scorer: RnnScorer } | null = null;
  /** The ids that it has read behind so many of the memory's frames; null when it holds something else. */
  let holds: { readonly frames: number; readonly ids: readonly number[] } | null = null;

  function readBehindMemory(ids: readonly number[]): number {
    const frames = memory.framesRead;
    const known = holds?.frames === frames && beginsWith(ids, holds.ids) ? holds.ids.length : 0;
    if (known === 0) copyRnnState(gpu, memory.state, state);
    writer.prompt(Uint32Array.from(ids.slice(known)));
    holds = { frames, ids };
    return frames;
  }

  /** @returns frames that were still kept */
  async function readFrames({ frames, betweenFrames }: Reading, signal: AbortSignal): Promise<number> {
    table ??= createTensor(gpu, "session.look-again", [lookFrames * rows, rowStride(hiddenSize)], "f16");
    let read = 0;
    for (let begin = 0; begin < frames.length && !signal.aborted; begin += lookFrames) {
      const found = await memory.kept.read(frames.slice(begin, begin + lookFrames));
      writeTensor(gpu, table, found.tokens);
      writer.read(frameIndices(vocabSize, rows, found.frames, betweenFrames, read === 0), table);
      read += found.frames;
      await gpu.device.queue.onSubmittedWorkDone(); // keeps the queue short, so that watching goes on and Stop works
    }
    return read;
  }

  async function readAnew(reading: Reading, signal: AbortSignal): Promise<number> {
    holds = null;
    clearRnnState(gpu, state);
    writer.read(Uint32Array.from(reading.before));
    const frames = await readFrames(reading, signal);
    if (!signal.aborted) writer.prompt(Uint32Array.from(reading.after));
    return frames;
  }

  async function score(reading: Reading, answers: readonly (readonly number[])[], signal: AbortSignal) {
    const after = reading.after.slice(0, -1);
    const last = reading.after.slice(-1);
    const frames = await readAll({ ...reading, after }, signal);
    scoring ??= openScoring();
    const scores: Float32Array[] = [];
    for (const answer of answers) {
      if (signal.aborted) break;
      copyRnnState(gpu, state, scoring.state);
      const read = [...last, ...answer.slice(0, -1)];
      scores.push(await scoring.scorer.score(Uint32Array.from(read), Uint32Array.from(answer)));
    }
    return { frames, scores };
  }

  function openScoring() {
    const own = createRnnState(gpu, rnn.config, "session.scoring");
    return { state: own, scorer: createRnnScorer(gpu, rnn, own, "session.scoring") };
  }

  async function write({ maxTokens, choice, signal, onToken, onText }: Writing): Promise<Answer> {
    const text = createAnswerText(config.prompt, tokenizer);
    const held = holds;
    holds = null; // until the answer is complete
    const ids: number[] = [];
    const show = (shown: string) => shown !== "" && onText(shown);
    let stopped: Answer["stopped"] | null = null;
    let flush = 1;
    while (!stopped) {
      const begin = performance.now();
      const made = await writer.generate(Math.min(flush, maxTokens - ids.length), choice);
      let piece = "";
      let used = 0;
      if (signal.aborted) stopped = "by-person"; // what was made meanwhile is not shown, so not remembered either
      while (!stopped && used < made.length) {
        const id = made[used++] as number;
        ids.push(id);
        const next = text.push(id);
        piece += next.text;
        if (next.stopped !== "by-token") onToken();
        if (next.stopped) stopped = "by-model";
        else if (ids.length >= maxTokens) stopped = "by-limit";
      }
      if (used < made.length) writer.rewind(made.subarray(0, used));
      show(piece);
      if (performance.now() - begin < flushMs) flush = Math.min(flush * 2, maxFlush);
    }
    show(text.finish());
    if (held) holds = { ...held, ids: [...held.ids, ...ids] };
    return { ids, stopped };
  }

  const readAll = async (reading: Reading, signal: AbortSignal) =>
    reading.start === "memory" ? readBehindMemory(reading.after) : readAnew(reading, signal);

  return {
    read: readAll,
    score,
    write,
    destroy() {
      scoring?.scorer.destroy();
      scoring?.state.destroy();
      writer.destroy();
      state.destroy();
      table?.destroy();
    },
  };
}

function beginsWith(ids: readonly number[], start: readonly number[]): boolean {
  return start.length < ids.length && start.every((id, place) => ids[place] === id);
}
