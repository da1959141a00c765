import { AuroraError } from "../errors.ts";
import { type TranscriptFormat, transcriptFormats } from "../speech/export-transcript.ts";
import type { AskOptions, OpenOptions, SearchKind, WatchOptions, WatchSource } from "./types.ts";

/** @throws AuroraError `BadRequest` naming the option that is wrong, and what it may be */
export function checkOpenOptions({ model, quantization, encoder }: OpenOptions): void {
  const kinds = ["folder", "hub", "files", "stored"];
  const known =
    typeof model === "string" ? model !== "" : kinds.includes((model as { kind: string } | null)?.kind ?? "");
  if (!known) throw refusal("model", model, "the address of a model folder, or a choice of a model");
  check(
    "quantization",
    quantization,
    isOneOf(quantization, ["auto", "f16", "int8", "int4"]),
    "auto, f16, int8 or int4",
  );
  check("encoder", encoder, isOneOf(encoder, ["auto", "webgpu", "wasm"]), "auto, webgpu or wasm");
}

/**
 * What is to be watched, as the worker takes it: an address absolute, a file with its name.
 *
 * @throws AuroraError `BadRequest`
 */
export function checkSource(source: Blob | string | URL | WatchSource): WatchSource {
  if (source instanceof Blob)
    return { kind: "file", file: source, name: source instanceof File ? source.name : "video" };
  if (typeof source === "string" || source instanceof URL) return checkSource({ kind: "address", url: String(source) });
  if (source?.kind === "file" && source.file instanceof Blob && typeof source.name === "string") return source;
  if (source?.kind === "address" && URL.canParse(source.url, document.baseURI))
    return { ...source, url: new URL(source.url, document.baseURI).href };
  throw refusal("source", source, "a file, or the address of one");
}

/** @throws AuroraError `BadRequest` naming the option that is wrong, and what it may be */
export function checkWatchOptions({ fps, frames, keepBytes, listen }: WatchOptions): void {
  check("fps", fps, isNumber(fps) && fps > 0, "a number above 0");
  check("frames", frames, isWhole(frames) && frames >= 1, "a whole number from 1 on");
  check("frames", frames, fps === undefined, "left out where fps is given");
  check("listen", listen, typeof listen === "boolean", "true or false");
  check("keepBytes", keepBytes, isNumber(keepBytes) && keepBytes >= 0, "a number of bytes, 0 or more");
}

/** @throws AuroraError `BadRequest` naming what is wrong with a question, and what it may be */
export function checkQuestion(question: string, options: AskOptions): void {
  const { from, at, range, maxTokens, temperature, topP, seed } = options;
  if (typeof question !== "string" || question.trim() === "")
    throw new AuroraError("BadRequest", "question: it is empty. Type a question first.");
  check("from", from, isOneOf(from, ["memory", "look-again"]), "memory or look-again");
  check("at", at, isNumber(at) && at >= 0, "a second of the video, 0 or more");
  check("range", range, isRange(range), "two seconds of the video, the earlier one first");
  check("range", range, at === undefined, "left out where at is given");
  check("maxTokens", maxTokens, isWhole(maxTokens) && maxTokens >= 1, "a whole number from 1 on");
  check("temperature", temperature, isNumber(temperature) && temperature >= 0, "a number, 0 or more");
  check("topP", topP, isNumber(topP) && topP >= 0 && topP <= 1, "a number from 0 to 1");
  check("seed", seed, isNumber(seed), "a number");
}

/** What to search. @throws AuroraError `BadRequest` */
export function checkFind(text: string, { in: kinds }: { readonly in?: readonly SearchKind[] }): readonly SearchKind[] {
  if (typeof text !== "string" || text.trim() === "")
    throw new AuroraError("BadRequest", "text: it is empty. Type a word to find.");
  const known = Array.isArray(kinds) && kinds.length > 0 && kinds.every((kind) => kind === "said");
  check("in", kinds, known, 'a list of what to search: "said"');
  return kinds ?? ["said"];
}

/** A form of the transcript. @throws AuroraError `BadRequest` */
export function checkFormat(format: TranscriptFormat): TranscriptFormat {
  if (!isOneOf(format, transcriptFormats)) throw refusal("format", format, "vtt, srt, text or json");
  return format;
}

/** @param allowed whether a value that is given may be so */
function check(field: string, value: unknown, allowed: boolean, what: string): void {
  if (value !== undefined && !allowed) throw refusal(field, value, what);
}

function refusal(field: string, value: unknown, what: string): AuroraError {
  const found = typeof value === "number" || value === undefined ? String(value) : describe(value);
  return new AuroraError("BadRequest", `${field}: it must be ${what}, and is ${found}.`);
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value; // of a kind that JSON does not have
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isOneOf(value: unknown, allowed: readonly string[]): boolean {
  return typeof value === "string" && allowed.includes(value);
}

function isRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [from, to] = value as unknown[];
  return isNumber(from) && isNumber(to) && from >= 0 && from <= to;
}
