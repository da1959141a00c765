import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "./run-tool.ts";

/** A question about a clip, the answer to it, and other answers that are as true. */
export type Question = {
  readonly clip: string;
  readonly type: string;
  readonly question: string;
  readonly answer: string;
  readonly accepted: readonly string[];
};

/** A clip of a suite and what is asked about it. */
export type Clip = {
  readonly name: string;
  /** A video, or a folder of pictures. */
  readonly path: string;
  /** Paths of the folder's pictures in order, `pictureFps` of them a second; null for a video. */
  readonly pictures: readonly string[] | null;
  readonly questions: readonly Question[];
};

/** How many pictures of a folder are a second. */
export const pictureFps = 2;

/** Reads a suite as `python -m training.world` writes it; clips come in the order of their first question. @throws ToolError */
export function readSuite(folder: string): Clip[] {
  const path = join(folder, "questions.json");
  if (!existsSync(folder)) throw new ToolError(`There is no folder ${folder}.`);
  if (!existsSync(path)) throw new ToolError(`There is no questions.json in ${folder}.`);
  const questions = parseQuestions(path, readFileSync(path, "utf8"));
  const byClip = new Map<string, Question[]>();
  for (const question of questions) {
    const others = byClip.get(question.clip);
    if (others) others.push(question);
    else byClip.set(question.clip, [question]);
  }
  return [...byClip].map(([name, asked]) => {
    const clip = join(folder, name);
    if (!existsSync(clip)) {
      const entry = questions.findIndex((question) => question.clip === name) + 1;
      throw new ToolError(`VideoUnreadable: There is no clip ${clip}, which entry ${entry} of ${path} asks about.`);
    }
    const pictures = statSync(clip).isDirectory() ? listPictures(clip) : null;
    return { name, path: clip, pictures, questions: asked };
  });
}

function parseQuestions(path: string, text: string): Question[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    throw new ToolError(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(entries)) throw new ToolError(`${path} is not a list of questions.`);
  if (entries.length === 0) throw new ToolError(`${path} has no questions.`);
  for (const [i, entry] of entries.entries()) {
    const fault = findFault(entry);
    if (fault) throw new ToolError(`Entry ${i + 1} of ${path}: ${fault}.`);
  }
  return entries as Question[];
}

/** What is wrong with an entry of `questions.json`; null when nothing is. */
function findFault(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return "it is not an object";
  const fields = entry as Partial<Record<string, unknown>>;
  for (const name of ["clip", "type", "question", "answer"]) {
    const value = fields[name];
    if (value === undefined) return `"${name}" is missing`;
    if (typeof value !== "string") return `"${name}" is not a text`;
    if (value.trim() === "") return `"${name}" is empty`;
  }
  const { accepted } = fields;
  if (accepted === undefined) return '"accepted" is missing';
  const texts = Array.isArray(accepted) && accepted.every((text) => typeof text === "string");
  return texts ? null : '"accepted" is not a list of texts';
}

/** frame-000.png, frame-001.png, … of a folder. @throws ToolError when there are none or one is missing */
function listPictures(folder: string): string[] {
  const byNumber = new Map<number, string>();
  for (const name of readdirSync(folder)) {
    const number = /^frame-(\d{3,})\.png$/.exec(name)?.[1];
    if (number !== undefined) byNumber.set(Number(number), join(folder, name));
  }
  return Array.from({ length: Math.max(1, byNumber.size) }, (_, i) => {
    const path = byNumber.get(i);
    if (path === undefined) {
      const name = `frame-${String(i).padStart(3, "0")}.png`;
      throw new ToolError(`VideoUnreadable: There is no picture ${name} in ${folder}.`);
    }
    return path;
  });
}
