import { AuroraError } from "../errors.ts";
import type { PromptConfig } from "../model/config.ts";
import { memoryPrompt, nextTurnPrompt, sandwichPrompt } from "../text/prompt.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { AskOptions } from "./types.ts";

/** What must be read for a question, in this order. */
export type Reading = {
  /** Where it begins: with a state that has read nothing, or with a copy of the memory's as it is. */
  readonly start: "empty" | "memory";
  /** Ids before the first frame, between every two, and after the last. */
  readonly before: readonly number[];
  readonly betweenFrames: readonly number[];
  readonly after: readonly number[];
  /** Indices of the frames whose kept tokens are read. */
  readonly frames: readonly number[];
};

/** A question that was answered, and the ids of its answer with those that ended it. */
export type Turn = { readonly question: string; readonly answer: readonly number[] };

/** A question with all that its answer depends on but the memory. */
export type Asked = {
  /** Not empty. */
  readonly question: string;
  readonly options: Pick<AskOptions, "from" | "at" | "range">;
  /** Those before it in the conversation. */
  readonly turns: readonly Turn[];
};

/** What a plan needs to know of a memory. */
export type MemoryView = {
  /** Frames whose tokens are kept, by index, ascending. */
  readonly kept: readonly number[];
  /** When each frame is shown, in seconds, by index. */
  readonly times: readonly number[];
};

/** How a model wants to be asked. */
export type PromptBook = { readonly prompt: PromptConfig; readonly tokenizer: Tokenizer };

/**
 * Plans what is read for a question, here and nowhere else: from memory the question alone, behind the frames and the
 * turns before; the question on both sides of the kept frames when it looks again; and from nothing but some frames when
 * it is about a part of the video.
 *
 * @throws AuroraError `BadRequest` where the part of the video that it is about has no frame
 */
export function planReading({ question, options, turns }: Asked, memory: MemoryView, book: PromptBook): Reading {
  const { prompt, tokenizer } = book;
  const part = options.at !== undefined || options.range !== undefined;
  if (options.from !== "look-again" && !part) {
    const told = turns.flatMap((turn, place) => [...turnIds(turn.question, place, book), ...turn.answer]);
    const after = [...told, ...turnIds(question, turns.length, book)];
    return { start: "memory", before: [], betweenFrames: [], after, frames: [] };
  }
  const makePrompt = options.from === "look-again" ? sandwichPrompt : memoryPrompt;
  return { start: "empty", ...makePrompt(prompt, tokenizer, question), frames: framesOf(options, memory) };
}

/** The ids of a conversation's question from memory. */
function turnIds(question: string, place: number, { prompt, tokenizer }: PromptBook): readonly number[] {
  return place === 0 ? memoryPrompt(prompt, tokenizer, question).after : nextTurnPrompt(prompt, tokenizer, question);
}

function framesOf({ at, range }: Asked["options"], { kept, times }: MemoryView): readonly number[] {
  const [from, to] = range ?? [0, at ?? Number.POSITIVE_INFINITY];
  const inside = (frame: number) => {
    const time = times[frame];
    return time !== undefined && time >= from && time <= to;
  };
  const frames = kept.filter(inside);
  if (frames.length > 0) return frames;
  const field = range ? "range" : "at";
  const where = range ? `from ${from} s to ${to} s` : `up to ${to} s`;
  throw new AuroraError(
    "BadRequest",
    `${field}: no frame ${where} is there to be looked at. Choose another part of what was watched.`,
  );
}
