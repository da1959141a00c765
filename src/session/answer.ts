import { AuroraError } from "../errors.ts";
import { type Choice, maxFlush, type RnnStream } from "../rnn/stream.ts";
import { createStopFilter } from "../text/stop-filter.ts";
import type { Engine } from "./engine.ts";
import type { AnswerFigures, AskOptions } from "./types.ts";

const defaultMaxTokens = 256;
/** Longest time between two pieces of an answer that a person should have to wait for, where the GPU is fast enough. */
const flushMs = 60;

/** How an answer ended: the ids that the state has read since the prompt. */
export type WrittenAnswer = {
  readonly ids: readonly number[];
  readonly stopped: "by-model" | "by-limit" | "by-person";
};

type Writer = {
  readonly onText: (text: string, figures: AnswerFigures) => void;
  /** Frames that the answer is based on, for the figures. */
  readonly frames: number;
  /** When the question was asked, `performance.now()`. */
  readonly startMs: number;
};

/** Writes an answer from a stream that has just read a prompt, and leaves it having read the prompt and the answer. */
export async function writeAnswer(
  engine: Engine,
  stream: RnnStream,
  options: AskOptions,
  writer: Writer,
): Promise<{ answer: WrittenAnswer; figures: AnswerFigures }> {
  const { stopIds, stopStrings } = engine.config.prompt;
  const { maxTokens = defaultMaxTokens, signal } = options;
  const choice = createChoice(options);
  const decoder = engine.tokenizer.createDecoder();
  const filter = createStopFilter(stopStrings);
  const clock = createClock(writer);
  const ids: number[] = [];
  let begun = false;
  let stopped: WrittenAnswer["stopped"] | null = null;
  let flush = 1;

  /** Models begin an answer with the space that follows the prompt's colon: it is theirs, not the reader's. */
  function show(text: string): void {
    const shown = begun ? text : text.trimStart();
    if (shown === "") return;
    begun = true;
    writer.onText(shown, clock.figures());
  }

  while (!stopped) {
    const begin = performance.now();
    const made = await stream.generate(Math.min(flush, maxTokens - ids.length), choice);
    let text = "";
    let used = 0;
    if (signal?.aborted) stopped = "by-person"; // what was made meanwhile is not shown, so not remembered either
    while (!stopped && used < made.length) {
      const id = made[used++] as number;
      ids.push(id);
      if (stopIds.includes(id)) stopped = "by-model";
      else {
        clock.count();
        const piece = filter.push(decoder.push(id));
        text += piece.text;
        if (piece.stopped) stopped = "by-model";
        else if (ids.length >= maxTokens) stopped = "by-limit";
      }
    }
    if (used < made.length) stream.rewind(made.subarray(0, used));
    show(text);
    if (performance.now() - begin < flushMs) flush = Math.min(flush * 2, maxFlush);
  }
  show(filter.push(decoder.finish()).text + filter.finish());
  return { answer: { ids, stopped }, figures: clock.figures() };
}

function createClock({ startMs, frames }: Writer) {
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
  if (!(temperature >= 0) || !(topP >= 0 && topP <= 1)) {
    throw new AuroraError(
      "ModelUnsupported",
      `Temperature must be 0 or more and top-p between 0 and 1; they are ${temperature} and ${topP}.`,
    );
  }
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
