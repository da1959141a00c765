import { AuroraError } from "../../errors.ts";
import { type TranscriptFormat, transcriptFormats } from "../../speech/export-transcript.ts";
import { captureFrames } from "../../video/capture-frames.ts";
import type { FileSource, WatchSource } from "../../video/frame-source.ts";
import type {
  AskOptions,
  ExportKind,
  FindOptions,
  OpenOptions,
  SearchKind,
  Watchable,
  WatchOptions,
} from "../types.ts";

/** @throws AuroraError `BadRequest` naming the option that is wrong, and what it may be */
export function checkOpenOptions(options: OpenOptions): void {
  const { model, quantization, encoder, encoderPrecision, kernels, assets } = options;
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
  check("encoderPrecision", encoderPrecision, isOneOf(encoderPrecision, ["auto", "f16", "f32"]), "auto, f16 or f32");
  check("kernels", kernels, isOneOf(kernels, ["auto", "measure", "suited"]), "auto, measure or suited");
  check("assets", assets, assets !== "" && URL.canParse(String(assets), document.baseURI), "the address of a folder");
}

/**
 * What is to be watched, as the worker takes it: addresses absolute, files with their names, frames of what is live.
 *
 * @throws AuroraError `BadRequest`, or what `captureFrames` throws
 */
export function checkSource(source: Watchable): WatchSource {
  if (typeof MediaStream !== "undefined" && source instanceof MediaStream) return captureFrames(source);
  if (source instanceof Blob || typeof source === "string" || source instanceof URL) return checkFile(source);
  if (Array.isArray(source)) return { kind: "list", sources: checkList(source, source) };
  const given = source as WatchSource | null;
  if (given?.kind === "file" || given?.kind === "address") return checkFile(given);
  if (given?.kind === "list") return { kind: "list", sources: checkList(given.sources, source) };
  if (given?.kind === "live" && (given.frames instanceof ReadableStream || given.frames instanceof MessagePort))
    return given;
  throw refuseSource(source);
}

function checkList(sources: readonly unknown[], given: unknown): readonly FileSource[] {
  if (!Array.isArray(sources) || sources.length === 0) throw refuseSource(given);
  return sources.map((each) => checkFile(each));
}

function checkFile(source: unknown): FileSource {
  if (source instanceof Blob)
    return { kind: "file", file: source, name: source instanceof File ? source.name : "video" };
  if (typeof source === "string" || source instanceof URL) return checkFile({ kind: "address", url: String(source) });
  const given = source as FileSource | null;
  if (given?.kind === "file" && given.file instanceof Blob && typeof given.name === "string") return given;
  if (given?.kind === "address" && URL.canParse(given.url, document.baseURI))
    return { ...given, url: new URL(given.url, document.baseURI).href };
  throw refuseSource(source);
}

function refuseSource(source: unknown): AuroraError {
  return refusal("source", source, "a file or the address of one, a list of them, or a camera or screen");
}

/** @throws AuroraError `BadRequest` where what is to be opened is no file */
export function checkMemoryFile(file: Blob): void {
  if (!(file instanceof Blob)) throw refusal("file", file, "a memory file, as save() gives it");
}

/** @throws AuroraError `BadRequest` naming the option that is wrong, and what it may be */
export function checkWatchOptions(
  { fps, frames, keepBytes, listen, recogniser, speech, notes, noteSeconds, autosave }: WatchOptions,
  source?: WatchSource,
): void {
  check("fps", fps, isNumber(fps) && fps > 0, "a number above 0");
  check("frames", frames, isWhole(frames) && frames >= 1, "a whole number from 1 on");
  check("frames", frames, fps === undefined, "left out where fps is given");
  check("frames", frames, source?.kind !== "live", "left out for what has no end; give fps");
  check("listen", listen, typeof listen === "boolean", "true or false");
  check(
    "recogniser",
    recogniser,
    recogniser === null || typeof recogniser === "string",
    "the key of a stored recogniser",
  );
  check("speech", speech, typeof speech === "boolean", "true or false");
  check("autosave", autosave, typeof autosave === "boolean", "true or false");
  check("notes", notes, typeof notes === "boolean", "true or false");
  check("noteSeconds", noteSeconds, isNumber(noteSeconds) && noteSeconds > 0, "a number of seconds above 0");
  check("keepBytes", keepBytes, isNumber(keepBytes) && keepBytes >= 0, "a number of bytes, 0 or more");
}

/** What is to be exported, and in which form. */
export type Export =
  | { readonly part: "notes"; readonly kind: ExportKind }
  | { readonly part: "transcript"; readonly kind: TranscriptFormat };

/** @throws AuroraError `BadRequest` where there is no such part of a session, or it cannot be had in this form */
export function checkExport(kind: ExportKind | TranscriptFormat, part: Export["part"] = "notes"): Export {
  check("part", part, part === "notes" || part === "transcript", "notes or transcript");
  if (part === "notes") {
    if (kind !== "text" && isOneOf(kind, ["vtt", "srt", "markdown", "json"])) return { part, kind };
    throw refusal("kind", kind, "vtt, srt, markdown or json");
  }
  if (kind !== "markdown" && isOneOf(kind, transcriptFormats)) return { part, kind };
  throw refusal("kind", kind, "vtt, srt, text or json");
}

const searchKinds: readonly SearchKind[] = ["seen", "said", "noted"];

/** @throws AuroraError `BadRequest` naming what is wrong with a question, and what it may be */
export function checkQuestion(question: string, options: AskOptions): void {
  const { from, at, range, branch, maxTokens, temperature, topP, seed } = options;
  if (typeof question !== "string" || question.trim() === "")
    throw new AuroraError("BadRequest", "question: it is empty. Type a question first.");
  check("from", from, isOneOf(from, ["memory", "look-again"]), "memory or look-again");
  check("at", at, isNumber(at) && at >= 0, "a second of the video, 0 or more");
  check("range", range, isRange(range), "two seconds of the video, the earlier one first");
  check("range", range, at === undefined, "left out where at is given");
  check("branch", branch, isWhole(branch) && branch >= 0, "the number of a turn, or 0 for the beginning");
  check("maxTokens", maxTokens, isWhole(maxTokens) && maxTokens >= 1, "a whole number from 1 on");
  check("temperature", temperature, isNumber(temperature) && temperature >= 0, "a number, 0 or more");
  check("topP", topP, isNumber(topP) && topP >= 0 && topP <= 1, "a number from 0 to 1");
  check("seed", seed, isNumber(seed), "a number");
}

/** @throws AuroraError `BadRequest` naming what is wrong with answers to be scored, and what they may be */
export function checkAnswers(answers: readonly string[]): void {
  const isText = (answer: unknown) => typeof answer === "string" && answer.trim() !== "";
  const good = Array.isArray(answers) && answers.length > 0 && answers.every(isText);
  check("answers", answers ?? null, good, "a list of at least one text, none of them empty");
}

/** What to search. @throws AuroraError `BadRequest` */
export function checkFind(text: string, { in: kinds, most }: FindOptions): readonly SearchKind[] {
  if (typeof text !== "string" || text.trim() === "")
    throw new AuroraError("BadRequest", "text: it is empty. Type a word to find.");
  const known = Array.isArray(kinds) && kinds.length > 0 && kinds.every((kind) => isOneOf(kind, searchKinds));
  check("in", kinds, known, 'a list of what to search: "seen", "said" or "noted"');
  check("most", most, isWhole(most) && most >= 1, "a whole number from 1 on");
  return kinds ?? searchKinds;
}

/** @throws AuroraError `BadRequest` */
export function checkSecond(seconds: number): void {
  if (!isNumber(seconds) || seconds < 0) throw refusal("seconds", seconds, "a second of the video, 0 or more");
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
