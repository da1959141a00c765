import { AuroraError, toAuroraError } from "../../errors.ts";
import type { Choice } from "../../rnn/writer.ts";
import { cleanQuestion, encodeAnswer } from "../../text/prompt.ts";
import type { Engine } from "../engine.ts";
import { createTurns } from "../flow.ts";
import type { Memory } from "../memory/memory.ts";
import type { Reels } from "../reels.ts";
import { type AnswerFigures, type AnswerScore, type AskOptions, noFigures, type ScoreOptions } from "./asked.ts";
import { type Answer, createBranch } from "./branch.ts";
import { planReading, type Reading } from "./reading.ts";
import { createTurnTree, type TurnTree } from "./turn-tree.ts";

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
  /** Answers a question that is no part of the conversation, once no person's waits; it makes way for those. */
  readonly aside: Aside;
  /**
   * How likely each of some answers is, after the questions before; none of them is remembered.
   *
   * @throws AuroraError as `ask`, and `Aborted`
   */
  score(question: string, answers: readonly string[], options: ScoreOptions): Promise<readonly AnswerScore[]>;
  /** Forgets the questions and answers, once those under way have ended. */
  reset(): Promise<void>;
  /** Ends all answers, and frees what it holds. */
  close(): Promise<void>;
};

/** A question that nobody waits for. Its answer is null where there is nothing to answer from, or where it failed. */
export type Aside = (
  question: string,
  options: Pick<AskOptions, "from" | "range">,
  onAnswer: (answer: { readonly text: string; readonly asOfSeconds: number | null } | null) => void,
) => void;

/** Most frames that such a question is read with, evenly over the part that it is about. */
const asideFrames = 32;
const defaultMaxTokens = 256;
/** What questions are about, and when they can be. */
export type AskingOptions = {
  /** Resolves once there is something to ask about, or when its signal ends the wait; throws why there is nothing. */
  ready(signal: AbortSignal): Promise<void>;
  readonly reels: Pick<Reels, "tokens" | "decodable">;
  readonly turns?: TurnTree;
};

export function createAsking(engine: Engine, memory: Memory, options: AskingOptions): Asking {
  const { ready, reels, turns = createTurnTree() } = options;
  const branch = createBranch(engine, memory, reels);
  const queue = createTurns();
  const closing = new AbortController();
  const book = { prompt: engine.config.prompt, tokenizer: engine.tokenizer };
  function plan(question: string, options: AskOptions, decodable: (frame: number) => boolean): Reading {
    const { timeline, kept, keyStates, framesRead, lines } = memory;
    const times = timeline.frames.map((frame) => frame.timestampSeconds);
    const view = { kept: kept.frames(), keyStates: keyStates.frames(), times, framesRead, lines, decodable };
    const behind = options.branch ?? (options.at === undefined ? turns.head : 0);
    return planReading({ question, options, turns: turns.path(behind) }, view, book);
  }

  /** What was read for a question, and on how many frames that is based. */
  async function read(question: string, options: AskOptions, signal: AbortSignal) {
    const reading = plan(question, options, reels.decodable);
    try {
      return { reading, frames: await branch.read(reading, signal) };
    } catch (error) {
      // The file may be gone: then what is left answers, and the answer says so.
      const gone = toAuroraError(error, "Unexpected", "").code === "VideoUnreadable";
      if (!gone || signal.aborted) throw error;
      const left = plan(question, options, () => false);
      return { reading: left, frames: await branch.read(left, signal) };
    }
  }

  async function answer(
    question: string,
    options: AskOptions,
    signal: AbortSignal,
    onText: (text: string, figures: AnswerFigures) => void,
  ): Promise<AnswerFigures> {
    const startMs = performance.now();
    const parent = options.branch ?? turns.head;
    const { reading, frames } = await read(question, options, signal);
    const asOf = secondsOf(reading);
    const known = { ...noFigures, frames, asOfSeconds: asOf, fromNeighbour: reading.neighbour };
    if (signal.aborted) return known;
    const clock = createClock(startMs);
    let text = "";
    const written = await branch.write({
      maxTokens: options.maxTokens ?? defaultMaxTokens,
      choice: createChoice(options),
      signal,
      onToken: clock.count,
      onText: (piece) => {
        text += piece;
        onText(piece, { ...known, ...clock.figures() });
      },
    });
    const ids = withEnd(written, engine.config.prompt.stopIds);
    const turn = turns.add({ parent, question, answer: ids, text: text.trim(), asOfSeconds: asOf });
    return { ...known, ...clock.figures(), turn };
  }

  async function answerAside(question: string, options: AskOptions, signal: AbortSignal) {
    const reading = plan(question, { ...options, branch: 0 }, reels.decodable);
    const step = Math.ceil(reading.frames.length / asideFrames);
    await branch.read({ ...reading, frames: reading.frames.filter((_, i) => i % step === 0) }, signal);
    let text = "";
    if (!signal.aborted)
      await branch.write({
        maxTokens: defaultMaxTokens,
        choice: createChoice({}),
        signal,
        onToken: () => undefined,
        onText: (piece) => {
          text += piece;
        },
      });
    return { text: text.trim(), asOfSeconds: secondsOf(reading) };
  }

  /** The moment that a reading knows of. */
  function secondsOf({ upTo }: Reading): number | null {
    return memory.timeline.frames.at(upTo ?? -1)?.timestampSeconds ?? null;
  }

  return {
    aside: (question, options, onAnswer) =>
      queue.idle(async (signal) => {
        const asked = memory.timeline.frames.length > 0 ? answerAside(question, options, signal) : null;
        const answered = await asked?.catch(() => null); // what fails, a lost device say, is told where it is noticed
        if (signal.aborted) return false;
        onAnswer(answered ?? null);
        return true;
      }),
    ask(question, options, onText) {
      return new Promise((resolve, reject) => {
        const stops = [closing.signal, options.signal].filter((signal) => signal !== undefined);
        const signal = AbortSignal.any(stops);
        let begun = false;
        // One that waits for its turn, or for a frame, ends at once; one that is written ends with its figures.
        const stop = () => begun || resolve(noFigures);
        signal.addEventListener("abort", stop, { once: true });
        const turn = queue.run(async () => {
          if (!signal.aborted) await ready(signal);
          if (signal.aborted) return noFigures;
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
        const reading = plan(cleanQuestion(question), options, reels.decodable);
        const { scores } = await branch.score(reading, ids, signal);
        return scores.map((parts, i) => ({
          answer: answers[i] as string,
          logLikelihood: parts.reduce((sum, part) => sum + part, 0),
          tokens: parts.length,
        }));
      });
      return Promise.race([scored, stopped]);
    },
    reset: () => queue.run(async () => turns.clear()),
    async close() {
      closing.abort();
      await queue.close();
      branch.destroy();
    },
  };
}

/** An answer that was cut gets the stop token that it lacks: next turns follow one, as in training. */
function withEnd({ ids, stopped }: Answer, [stopId]: readonly number[]): readonly number[] {
  return stopped === "by-model" || stopId === undefined ? ids : [...ids, stopId];
}

function createClock(startMs: number) {
  let tokens = 0;
  let firstMs = 0;
  let lastMs = 0;
  return {
    count() {
      tokens += 1;
      lastMs = performance.now();
      if (tokens === 1) firstMs = lastMs;
    },
    figures(): Pick<AnswerFigures, "tokens" | "firstTokenMs" | "tokensPerSecond"> {
      const seconds = (lastMs - firstMs) / 1000;
      return {
        tokens,
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
