import { AuroraError } from "../../errors.ts";
import type { PromptConfig } from "../../model/prompt-config.ts";
import { memoryPrompt, nextTurnPrompt, sandwichPrompt } from "../../text/prompt.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { ReadLine } from "../memory/hearing.ts";
import type { AskOptions } from "../types.ts";

/** What must be read for a question, in this order. */
export type Reading = {
  /** Where it begins: with a state that has read nothing, with a copy of the memory's as it is, or with a key state. */
  readonly start: "empty" | "memory" | { readonly keyState: number };
  /** Ids before the first frame, between every two, and after the last. */
  readonly before: readonly number[];
  readonly betweenFrames: readonly number[];
  readonly after: readonly number[];
  /** Indices of the frames whose tokens are read, ascending: those that are kept no more are decoded again. */
  readonly frames: readonly number[];
  /** What was said between the frames, each line before the frame of an index, and what was said behind the last, in order. */
  readonly said: readonly PlacedLine[];
  /** The last frame that the answer knows of; null where it knows all that the memory does. */
  readonly upTo: number | null;
  /** Whether a neighbouring key state stands in for frames that are gone. */
  readonly neighbour: boolean;
};

type PlacedLine = Pick<ReadLine, "before" | "text">;

/** A question that was answered, and the ids of its answer with those that ended it. */
export type Turn = { readonly question: string; readonly answer: readonly number[] };

/** A question with all that its answer depends on but the memory. */
export type Asked = {
  /** Not empty. */
  readonly question: string;
  readonly options: Pick<AskOptions, "from" | "at" | "range">;
  /** Those that it is read behind, where it is asked from memory. */
  readonly turns: readonly Turn[];
};

/** What a plan needs to know of a memory. */
export type MemoryView = {
  /** Frames whose tokens are kept, by index, ascending. */
  readonly kept: readonly number[];
  /** When each frame is shown, in seconds, by index. */
  readonly times: readonly number[];
  /** Frames after which there is a key state, ascending. */
  readonly keyStates: readonly number[];
  /** Frames that the state has read; a batch more than those of `times` for a moment. */
  readonly framesRead: number;
  /** Lines of speech that it has read, in order. */
  readonly lines: readonly ReadLine[];
  /** Whether a frame can be decoded again. */
  decodable(frame: number): boolean;
};

/** How a model wants to be asked. */
export type PromptBook = { readonly prompt: PromptConfig; readonly tokenizer: Tokenizer };

/**
 * Plans what is read for a question, here and nowhere else. From memory: the question alone, behind the frames and the
 * turns before. As of a moment: the nearest key state before it, then the frames up to it. About a range: its frames and no
 * others. Looking again: the question on both sides of the frames.
 *
 * @throws AuroraError `BadRequest` where the part of the video that it is about has no frame
 */
export function planReading({ question, options, turns }: Asked, memory: MemoryView, book: PromptBook): Reading {
  const { at, range, from } = options;
  const told = turns.flatMap((turn, place) => [...turnIds(turn.question, place, book), ...turn.answer]);
  const after = [...told, ...turnIds(question, turns.length, book)];
  if (from !== "look-again" && range === undefined) {
    if (at === undefined) return { ...fromNow, after };
    return { ...planMoment(at, memory, book), after };
  }
  const makePrompt = from === "look-again" ? sandwichPrompt : memoryPrompt;
  const frames = framesOf(options, memory);
  const upTo = frames.at(-1) ?? null;
  const said = linesOf(options, memory);
  return { start: "empty", ...makePrompt(book.prompt, book.tokenizer, question), frames, said, upTo, neighbour: false };
}

const fromNow = {
  start: "memory",
  before: [],
  betweenFrames: [],
  frames: [],
  said: [],
  upTo: null,
  neighbour: false,
} as const;

/** The ids of a conversation's question from memory. */
function turnIds(question: string, place: number, { prompt, tokenizer }: PromptBook): readonly number[] {
  return place === 0 ? memoryPrompt(prompt, tokenizer, question).after : nextTurnPrompt(prompt, tokenizer, question);
}

/** The state as it was at a second, or as near to it as what is left allows. */
function planMoment(at: number, memory: MemoryView, { prompt, tokenizer }: PromptBook): Omit<Reading, "after"> {
  const { times, keyStates, framesRead, lines } = memory;
  const frame = lastWhere(times, (time) => time <= at);
  if (frame < 0) throw noFrame("at", `up to ${at} s`);
  const knowsMore = lines.some(({ untilSeconds }) => untilSeconds > at);
  if (frame === framesRead - 1 && !knowsMore) return { ...fromNow, upTo: frame };
  const { before, betweenFrames } = memoryPrompt(prompt, tokenizer, "");
  const place = lastWhere(keyStates, (each) => each <= frame);
  const earlier = keyStates[place];
  const first = earlier === undefined ? 0 : earlier + 1;
  const frames = Array.from({ length: frame - first + 1 }, (_, i) => first + i);
  const kept = new Set(memory.kept);
  if (frames.every((each) => kept.has(each) || memory.decodable(each))) {
    const start = earlier === undefined ? ("empty" as const) : { keyState: earlier };
    const said = lines.filter((line) => line.before >= first && line.untilSeconds <= at);
    const lead = earlier === undefined ? before : [];
    return { start, before: lead, betweenFrames, frames, said, upTo: frame, neighbour: false };
  }
  const neighbour = earlier ?? keyStates[place + 1];
  if (neighbour === undefined) return { ...fromNow, upTo: times.length - 1, neighbour: true };
  return { ...fromNow, start: { keyState: neighbour }, upTo: neighbour, neighbour: true };
}

/**
 * The frames to look at again: of a range all that are there or can be decoded again, else the kept ones, and those from
 * before a memory was opened, whose tokens no file has.
 */
function framesOf({ at, range }: Asked["options"], { kept, times, decodable }: MemoryView): readonly number[] {
  const [from, to] = range ?? [0, at ?? Number.POSITIVE_INFINITY];
  const isKept = new Set(kept);
  const firstKept = kept[0] ?? times.length;
  const frames: number[] = [];
  for (const [frame, time] of times.entries()) {
    if (time < from || time > to) continue;
    if (isKept.has(frame) || ((range || frame < firstKept) && decodable(frame))) frames.push(frame);
  }
  if (frames.length > 0) return frames;
  throw noFrame(range ? "range" : "at", range ? `from ${from} s to ${to} s` : `up to ${to} s`);
}

/** What was said meanwhile. */
function linesOf({ at, range }: Asked["options"], { lines }: MemoryView): readonly PlacedLine[] {
  const [from, to] = range ?? [Number.NEGATIVE_INFINITY, at ?? Number.POSITIVE_INFINITY];
  return lines.filter(({ untilSeconds }) => untilSeconds >= from && untilSeconds <= to);
}

function noFrame(field: string, where: string): AuroraError {
  return new AuroraError(
    "BadRequest",
    `${field}: no frame ${where} is there to be looked at. Choose another part of what was watched.`,
  );
}

function lastWhere(ascending: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(ascending[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
