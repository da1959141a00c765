import { AuroraError } from "../../errors.ts";
import type { Note, StandingQuestion } from "../records.ts";
import type { SaidLine } from "./hearing.ts";

/** The format's version; what comes later says a larger number. */
export const savedVersion = 1;

/** The model that a memory belongs to: with another one its state means nothing. */
export type ModelIdentity = {
  readonly name: string;
  /** `ModelInfo.sha256` */
  readonly sha256: string;
  readonly quantization: string;
};

/** The source that a memory's last frames came from, so that it is known again. */
export type SavedVideo = {
  readonly name: string;
  readonly container: string;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** 0 where it had no end of its own. */
  readonly durationSeconds: number;
  /** What was added to its times. */
  readonly offsetSeconds: number;
  /** Index of its first frame. */
  readonly firstFrame: number;
};

/** As in `SourcePart`. */
type SavedPart = { readonly name: string; readonly startSeconds: number; readonly durationSeconds: number };

/** A turn of the conversation; `answer` are the ids that the model wrote. */
type SavedTurn = {
  readonly id: number;
  readonly parent: number;
  readonly question: string;
  readonly text: string;
  readonly asOfSeconds: number | null;
  readonly answer: readonly number[];
};

/** What a memory file says beside its tensors. */
export type SavedMemory = {
  /** The same in all files that go on from one another; null in files of before. */
  readonly lineage: string | null;
  /** Null where nothing was opened yet. */
  readonly video: SavedVideo | null;
  /** All files that were watched, and where each lies on the timeline; none in files of before. */
  readonly parts: readonly SavedPart[];
  readonly watchedUntilSeconds: number;
  /** How the source was sampled; one of the two is null. */
  readonly fps: number | null;
  readonly frames: number | null;
  readonly timeline: SavedTimeline;
  readonly notes: readonly Note[];
  readonly standing: readonly StandingQuestion[];
  /** What was said and read into the state, in order. */
  readonly transcript: readonly SaidLine[];
  /** What the page shows of what was said; nothing in files of before. */
  readonly spoken: SavedSpoken;
  readonly conversation: readonly SavedTurn[];
};

/** One entry for every frame that the state has read. */
export type SavedTimeline = {
  /** Times in seconds, as runs of [first, step, count]. */
  readonly seconds: readonly (readonly [first: number, step: number, count: number])[];
  /** `FrameRecord.change` and `distance`, in ten-thousandths. */
  readonly change: readonly number[];
  readonly distance: readonly number[];
  /** Indices of the frames that begin a scene, but for the first. */
  readonly scenes: readonly number[];
};

/** The lines of a transcript, and to where it was listened to. */
type SavedSpoken = { readonly lines: readonly SavedLine[]; readonly heardUntilSeconds: number };

type SavedLine = SaidLine & {
  /** Null where their times are not known. */
  readonly words: readonly (readonly [text: string, fromSeconds: number, untilSeconds: number])[] | null;
  /** Whether a person changed the text. */
  readonly edited: boolean;
};

/** Times as runs; each is found again to a microsecond (`unpackTimes`). */
export function packTimes(times: readonly number[]): SavedTimeline["seconds"] {
  const runs: [number, number, number][] = [];
  for (let at = 0; at < times.length; ) {
    const first = times[at] as number;
    const step = (times[at + 1] ?? first) - first;
    let count = 1;
    while (at + count < times.length && Math.abs(first + step * count - (times[at + count] as number)) < 1e-6) count++;
    runs.push([first, step, count]);
    at += count;
  }
  return runs;
}

export function unpackTimes(runs: SavedTimeline["seconds"]): number[] {
  return runs.flatMap(([first, step, count]) => Array.from({ length: count }, (_, i) => first + step * i));
}

/**
 * A file's JSON, of which the version was checked and the bytes are known to be whole.
 *
 * @throws AuroraError `MemoryUnreadable` naming the field that is wrong: who wrote it was not this app
 */
export function parseSaved(json: unknown): SavedMemory & { readonly model: ModelIdentity } {
  const root = record("", json);
  if (root.version !== savedVersion) throw wrong("version");
  const model = record("model", root.model);
  const timeline = record("timeline", root.timeline);
  const runs = list("timeline.seconds", timeline.seconds).map((run) => {
    const [first, step, count, ...more] = list("timeline.seconds", run).map((value) =>
      number("timeline.seconds", value),
    );
    if (first === undefined || step === undefined || !isCount(count) || more.length > 0)
      throw wrong("timeline.seconds");
    return [first, step, count] as const;
  });
  const frames = runs.reduce((sum, [, , count]) => sum + count, 0);
  const curve = (name: string) => {
    const values = list(`timeline.${name}`, timeline[name]).map((value) => number(`timeline.${name}`, value));
    if (values.length !== frames) throw wrong(`timeline.${name}`);
    return values;
  };
  return {
    model: {
      name: text("model.name", model.name),
      sha256: text("model.sha256", model.sha256),
      quantization: text("model.quantization", model.quantization),
    },
    lineage: (root.lineage ?? null) === null ? null : text("lineage", root.lineage),
    video: root.video === null ? null : parseVideo(record("video", root.video)),
    parts: list("parts", root.parts ?? []).map((each) => parsePart(record("parts", each))),
    watchedUntilSeconds: number("watchedUntilSeconds", root.watchedUntilSeconds),
    fps: root.fps === null ? null : number("fps", root.fps),
    frames: root.frames === null ? null : number("frames", root.frames),
    timeline: {
      seconds: runs,
      change: curve("change"),
      distance: curve("distance"),
      scenes: list("timeline.scenes", timeline.scenes).map((value) => number("timeline.scenes", value)),
    },
    notes: list("notes", root.notes).map((each) => parseNote(record("notes", each))),
    standing: list("standing", root.standing).map((each) => parseStanding(record("standing", each))),
    transcript: list("transcript", root.transcript).map((each) => parseCue(record("transcript", each))),
    spoken: parseSpoken(record("spoken", root.spoken ?? { lines: [], heardUntilSeconds: 0 })),
    conversation: list("conversation", root.conversation).map((each) => parseTurn(record("conversation", each))),
  };
}

type Json = Readonly<Record<string, unknown>>;

function parseVideo(json: Json): SavedVideo {
  const field = (name: keyof SavedVideo) => number(`video.${name}`, json[name]);
  return {
    name: text("video.name", json.name),
    container: text("video.container", json.container),
    codec: text("video.codec", json.codec),
    width: field("width"),
    height: field("height"),
    durationSeconds: field("durationSeconds"),
    offsetSeconds: field("offsetSeconds"),
    firstFrame: field("firstFrame"),
  };
}

function parsePart(json: Json): SavedPart {
  return {
    name: text("parts.name", json.name),
    startSeconds: number("parts.startSeconds", json.startSeconds),
    durationSeconds: number("parts.durationSeconds", json.durationSeconds),
  };
}

function parseNote(json: Json): Note {
  return {
    id: number("notes.id", json.id),
    fromSeconds: number("notes.fromSeconds", json.fromSeconds),
    untilSeconds: number("notes.untilSeconds", json.untilSeconds),
    text: text("notes.text", json.text),
    edited: json.edited === true,
  };
}

function parseStanding(json: Json): StandingQuestion {
  return {
    id: number("standing.id", json.id),
    question: text("standing.question", json.question),
    answers: list("standing.answers", json.answers).map((each) => {
      const answer = record("standing.answers", each);
      return { atSeconds: number("standing.atSeconds", answer.atSeconds), text: text("standing.text", answer.text) };
    }),
  };
}

function parseCue(json: Json): SaidLine {
  return {
    fromSeconds: number("transcript.fromSeconds", json.fromSeconds),
    untilSeconds: number("transcript.untilSeconds", json.untilSeconds),
    text: text("transcript.text", json.text),
  };
}

function parseSpoken(json: Json): SavedSpoken {
  const lines = list("spoken.lines", json.lines).map((each): SavedLine => {
    const line = record("spoken.lines", each);
    const words = line.words === null ? null : list("spoken.words", line.words).map(parseWord);
    return { ...parseCue(line), words, edited: line.edited === true };
  });
  return { lines, heardUntilSeconds: number("spoken.heardUntilSeconds", json.heardUntilSeconds) };
}

function parseWord(json: unknown): readonly [string, number, number] {
  const [said, from, until] = list("spoken.words", json);
  return [text("spoken.words", said), number("spoken.words", from), number("spoken.words", until)];
}

function parseTurn(json: Json): SavedTurn {
  return {
    id: number("conversation.id", json.id),
    parent: number("conversation.parent", json.parent),
    question: text("conversation.question", json.question),
    text: text("conversation.text", json.text),
    asOfSeconds: json.asOfSeconds === null ? null : number("conversation.asOfSeconds", json.asOfSeconds),
    answer: list("conversation.answer", json.answer).map((value) => number("conversation.answer", value)),
  };
}

function record(field: string, value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(field);
  return value as Json;
}

function list(field: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field);
  return value;
}

function number(field: string, value: unknown): number {
  if (typeof value !== "number") throw wrong(field);
  return value;
}

function text(field: string, value: unknown): string {
  if (typeof value !== "string") throw wrong(field);
  return value;
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 1e8;
}

function wrong(field: string): AuroraError {
  return new AuroraError(
    "MemoryUnreadable",
    `This memory file was not written by this app: its field ${field || "auroralong"} is not what it must be. Choose another one.`,
  );
}
