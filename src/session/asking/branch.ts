import { assert } from "../../errors.ts";
import { createTensor, type Tensor, writeTensor } from "../../gpu/tensor.ts";
import { gpuIdle } from "../../gpu/wait.ts";
import { rowStride } from "../../kernels/row-stride.ts";
import { createRnnScorer, type RnnScorer } from "../../rnn/scorer.ts";
import { clearRnnState, copyRnnState, createRnnState, type RnnState, writeRnnState } from "../../rnn/state.ts";
import { type Choice, createRnnWriter, maxFlush } from "../../rnn/writer.ts";
import { createAnswerText } from "../../text/answer-text.ts";
import { speechPrompt } from "../../text/prompt.ts";
import type { Engine } from "../engine.ts";
import { frameByteLength, frameRows } from "../memory/frame-tokens.ts";
import type { Memory } from "../memory/memory.ts";
import { splitLayers } from "../memory/state-bytes.ts";
import type { Reels } from "../reels.ts";
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
  /** What has read the question, and its answer. */
  readonly state: RnnState;
  /**
   * Reads what was planned; what it holds of that already is not read again.
   *
   * @returns frames that an answer is based on
   * @throws AuroraError `VideoUnreadable` where a frame cannot be decoded again
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

/** @param reels decode the frames again whose tokens are kept no more */
export function createBranch(engine: Engine, memory: Memory, reels: Pick<Reels, "tokens">): Branch {
  const { gpu, config, tokenizer, rnn } = engine;
  const { vocabSize, hiddenSize } = config.text;
  const rows = engine.encoder.tokensPerFrame;
  const state = createRnnState(gpu, rnn.config, "session.branch");
  const writer = createRnnWriter(gpu, rnn, state, "session.branch", tokenizer.idLimit);
  let table: Tensor | null = null;
  /** A state of its own, on which one answer after the other is read; made when it is needed. */
  let scoring: { readonly state: RnnState; readonly scorer: RnnScorer } | null = null;
  /** The ids that it has read behind so many of the memory's frames and lines; null when it holds something else. */
  let holds: { readonly frames: number; readonly lines: number; readonly ids: readonly number[] } | null = null;

  async function readBehindMemory(ids: readonly number[], signal: AbortSignal): Promise<number> {
    const frames = memory.framesRead;
    const lines = memory.lines.length;
    const same = holds?.frames === frames && holds.lines === lines;
    const known = holds && same && beginsWith(ids, holds.ids) ? holds.ids.length : 0;
    if (known === 0) copyRnnState(gpu, memory.state, state);
    holds = null; // until all is read
    if (await readPrompt(ids.slice(known), signal)) holds = { frames, lines, ids };
    return frames;
  }

  /** Reads a prompt, a long one in parts, so that watching goes on and Stop works. @returns whether it came to the end */
  async function readPrompt(ids: readonly number[], signal: AbortSignal): Promise<boolean> {
    const { maxRows } = rnn.scratch;
    let at = 0;
    for (; at + maxRows < ids.length; at += maxRows) {
      if (signal.aborted) return false;
      writer.read(Uint32Array.from(ids.slice(at, at + maxRows)));
      await gpuIdle(gpu);
    }
    if (!signal.aborted) writer.prompt(Uint32Array.from(ids.slice(at)));
    return !signal.aborted;
  }

  /** Frames, and what was said between them and behind the last. @returns how many frames were read */
  async function readFrames({ frames, said, start, betweenFrames }: Reading, signal: AbortSignal): Promise<number> {
    table ??= createTensor(gpu, "session.look-again", [lookFrames * rows, rowStride(hiddenSize)], "f16");
    const frameBytes = frameByteLength(engine);
    const due: number[] = [];
    let read = 0;
    let spoken = 0;
    const readDue = () => writer.read(Uint32Array.from(due.splice(0)), table);
    /** The ids before a frame, or before what follows the last one. */
    const between = (frame: number): readonly number[] => {
      const from = spoken;
      while (spoken < said.length && (said[spoken]?.before ?? 0) <= frame) spoken++;
      const texts = said.slice(from, spoken).map(({ text }) => text);
      return texts.length === 0 ? betweenFrames : speechPrompt(config.prompt, tokenizer, texts);
    };
    for await (const tokens of tokensOf(frames, signal)) {
      if (signal.aborted) break;
      const slot = read % lookFrames;
      const first = read === 0 && start === "empty";
      const next = frameRows(vocabSize, rows, slot, first ? [] : between(frames[read] as number));
      // As many at once as there is room for: the state is the same, and weights are read less often.
      if (due.length + next.length > rnn.scratch.maxRows) readDue();
      writeTensor(gpu, table, tokens, slot * frameBytes);
      due.push(...next);
      read++;
      if (read % lookFrames > 0) continue;
      readDue();
      await gpuIdle(gpu); // keeps the queue short, so that watching goes on and Stop works
    }
    if (!signal.aborted) readDue();
    if (spoken < said.length && !signal.aborted) writer.read(Uint32Array.from(between(Number.POSITIVE_INFINITY)));
    return read;
  }

  /** The frames' tokens in order: as they are kept, else decoded again. */
  async function* tokensOf(frames: readonly number[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const kept = new Set(memory.kept.frames());
    const gone = frames.filter((frame) => !kept.has(frame));
    const places = gone.map((index) => ({ index, seconds: memory.timeline.frames[index]?.timestampSeconds ?? 0 }));
    const again = reels.tokens(places, signal);
    try {
      for (const frame of frames) {
        if (signal.aborted) return;
        const found = kept.has(frame) ? await memory.kept.read([frame]) : null;
        if (found?.frames) yield found.tokens;
        else if (!found) {
          const { value } = await again.next();
          if (value) yield value;
        }
      }
    } finally {
      await again.return();
    }
  }

  async function readAnew(reading: Reading, signal: AbortSignal): Promise<number> {
    const { start, before, after } = reading;
    holds = null;
    let known = 0;
    if (typeof start === "object") {
      const copy = await memory.keyStates.read(start.keyState);
      assert(copy, `no key state after frame ${start.keyState}`);
      writeRnnState(gpu, rnn.config, state, splitLayers(rnn.config, copy));
      known = start.keyState + 1;
    } else {
      clearRnnState(gpu, state);
      writer.read(Uint32Array.from(before));
    }
    const frames = await readFrames(reading, signal);
    await readPrompt(after, signal);
    return known + frames;
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
    reading.start === "memory" ? readBehindMemory(reading.after, signal) : readAnew(reading, signal);

  return {
    state,
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
