import { AuroraError } from "../errors.ts";
import type { Choice } from "../rnn/writer.ts";
import { cleanQuestion, encodeAnswer } from "../text/prompt.ts";
import { type Answer, createBranch } from "./branch.ts";
import type { Engine } from "./engine.ts";
import { createMutex } from "./flow.ts";
import type { Memory } from "./memory/memory.ts";
import { planReading, type Reading, type Turn } from "./reading.ts";
import type { AnswerFigures, AnswerScore, AskOptions, ScoreOptions } from "./types.ts";

/** Questions and answers about one memory. */
export type Asking = {
  /**
   * Answers a question after those before it; resolves with the figures when the answer is complete, or when
   * `options.signal` stops it.
   *
   * @throws AuroraError `BadRequest` for a part without frames, what `ready` throws, and the engine's errors
   */
  ask(
    question: string,
    options: AskOptions,
    onText: (text: string, figures: AnswerFigures) => void,
  ): Promise<AnswerFigures>;
  /**
   * How likely each of some answers is, after the questions before; none of them is remembered.
   *
   * @throws AuroraError as `ask`, and `Aborted`
   */
  score(question: string, answers: readonly string[], options: ScoreOptions): Promise<readonly AnswerScore[]>;
  /** Forgets the questions and answers, once those under way have ended. */
  reset(): void;
  /** Ends all answers, and frees what it holds. */
  close(): Promise<void>;
};

const defaultMaxTokens = 256;
const nothing: AnswerFigures = { tokens: 0, firstTokenMs: 0, tokensPerSecond: 0, frames: 0 };

/** @param ready resolves once there is something to ask about, or when its signal ends the wait; throws why there is nothing */
export function createAsking(engine: Engine, memory: Memory, ready: (signal: AbortSignal) => Promise<void>): Asking {
  const branch = createBranch(engine, memory);
  const queue = createMutex();
  const closing = new AbortController();
  const book = { prompt: engine.config.prompt, tokenizer: engine.tokenizer };
  let turns: readonly Turn[] = [];

  function plan(question: string, options: ScoreOptions): Reading {
    const view = { kept: memory.kept.frames(), times: memory.timeline.frames.map((frame) => frame.timestampSeconds) };
    return planReading({ question, options, turns }, view, book);
  }

  async function answer(
    question: string,
    options: AskOptions,
    signal: AbortSignal,
    onText: (text: string, figures: AnswerFigures) => void,
  ): Promise<AnswerFigures> {
    const startMs = performance.now();
    const reading = plan(question, options);
    const frames = await branch.read(reading, signal);
    if (signal.aborted) return { ...nothing, frames };
    const clock = createClock(startMs, frames);
    const written = await branch.write({
      maxTokens: options.maxTokens ?? defaultMaxTokens,
      choice: createChoice(options),
      signal,
      onToken: clock.count,
      onText: (text) => onText(text, clock.figures()),
    });
    turns = [...turns, { question, answer: withEnd(written, engine.config.prompt.stopIds) }];
    return clock.figures();
  }

  return {
    ask(question, options, onText) {
      return new Promise((resolve, reject) => {
        const stops = [closing.signal, options.signal].filter((signal) => signal !== undefined);
        const signal = AbortSignal.any(stops);
        let begun = false;
        // One that waits for its turn, or for a frame, ends at once; one that is written ends with its figures.
        const stop = () => begun || resolve(nothing);
        signal.addEventListener("abort", stop, { once: true });
        const turn = queue.run(async () => {
          if (!signal.aborted) await ready(signal);
          if (signal.aborted) return nothing;
          begun = true;
          return await answer(cleanQuestion(question), options, signal, onText);
        });
        turn.then(resolve, reject);
      });
    },
    score(question, answers, options) {
      const stops = [closing.signal, options.signal].filter((signal) => signal !== undefined);
      const signal = AbortSignal.any(stops);
      const stopped = new Promise<never>((_, reject) => {
        const stop = () => reject(new AuroraError("Aborted", "Stopped."));
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
      });
      const scored = queue.run(async () => {
        if (!signal.aborted) await ready(signal);
        if (signal.aborted) return [];
        const ids = answers.map((answer) => encodeAnswer(book.prompt, book.tokenizer, answer));
        const { scores } = await branch.score(plan(cleanQuestion(question), options), ids, signal);
        return scores.map((parts, i) => ({
          answer: answers[i] as string,
          logLikelihood: parts.reduce((sum, part) => sum + part, 0),
          tokens: parts.length,
        }));
      });
      return Promise.race([scored, stopped]);
    },
    reset: () =>
      void queue.run(async () => {
        turns = [];
      }),
    async close() {
      closing.abort();
      await queue.run(async () => branch.destroy());
    },
  };
}

/** An answer that was cut gets the stop token that it lacks: next turns follow one, as in training. */
function withEnd({ ids, stopped }: Answer, [stopId]: readonly number[]): readonly number[] {
  return stopped === "by-model" || stopId === undefined ? ids : [...ids, stopId];
}

function createClock(startMs: number, frames: number) {
  let tokens = 0;
  let firstMs = 0;
  let lastMs = 0;
  return {
    count() {
      tokens += 1;
      lastMs = performance.now();
      if (tokens === 1) firstMs = lastMs;
    },
    figures(): AnswerFigures {
      const seconds = (lastMs - firstMs) / 1000;
      return {
        tokens,
        frames,
        firstTokenMs: tokens > 0 ? firstMs - startMs : 0,
        tokensPerSecond: seconds > 0 ? (tokens - 1) / seconds : 0,
      };
    },
  };
}

function createChoice({ temperature = 0, topP = 0.9, seed }: AskOptions): Choice {
  return { temperature, topP, random: seed === undefined ? Math.random : seededRandom(seed) };
}

/** Numbers in [0, 1) that repeat for a seed (splitmix32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
