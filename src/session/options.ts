import { AuroraError } from "../errors.ts";
import { cleanQuestion } from "../text/prompt.ts";
import type { AskOptions, WatchOptions } from "./types.ts";

/** @throws AuroraError `BadRequest` naming the option that is wrong, and what it may be */
export function checkWatchOptions({ fps, frames, keepBytes }: WatchOptions): void {
  check("fps", fps, isNumber(fps) && fps > 0, "a number above 0");
  check("frames", frames, isWhole(frames) && frames >= 1, "a whole number from 1 on");
  check("keepBytes", keepBytes, isNumber(keepBytes) && keepBytes >= 0, "a number of bytes, 0 or more");
  check("frames", frames, fps === undefined, "left out where fps is given");
}

/**
 * Checks a question before anything is done for it.
 *
 * @returns the question as it is put to a model
 * @throws AuroraError `BadRequest` naming what is wrong, and what it may be
 */
export function checkQuestion(question: string, options: AskOptions): string {
  const { from, at, range, maxTokens, temperature, topP, seed } = options;
  check("from", from, from === "memory" || from === "look-again", '"memory" or "look-again"');
  check("at", at, isNumber(at) && at >= 0, "a second of the video, 0 or more");
  check("range", range, isRange(range), "two seconds of the video, the earlier one first");
  check("range", range, at === undefined, "left out where at is given");
  check("maxTokens", maxTokens, isWhole(maxTokens) && maxTokens >= 1, "a whole number from 1 on");
  check("temperature", temperature, isNumber(temperature) && temperature >= 0, "a number, 0 or more");
  check("topP", topP, isNumber(topP) && topP >= 0 && topP <= 1, "a number from 0 to 1");
  check("seed", seed, isNumber(seed), "a number");
  if (typeof question !== "string" || cleanQuestion(question) === "")
    throw new AuroraError("BadRequest", "question: it is empty. Type a question first.");
  return cleanQuestion(question);
}

/** @param allowed whether a value that is given may be so */
function check(field: string, value: unknown, allowed: boolean, what: string): void {
  if (value === undefined || allowed) return;
  throw new AuroraError("BadRequest", `${field}: it must be ${what}, and is ${describe(value)}.`);
}

function describe(value: unknown): string {
  return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [from, to] = value as unknown[];
  return isNumber(from) && isNumber(to) && from >= 0 && from <= to;
}
