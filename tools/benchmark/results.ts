import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { ToolError } from "../run-tool.ts";
import type { Result } from "./task.ts";

/** What must be the same for a run to go on; the first line of the results. */
export type RunSettings = {
  readonly task: string;
  readonly model: string;
  readonly from: string;
  readonly sampling: { readonly fps: number } | { readonly frames: number };
};

/** A file of results, one line a question, that grows while a run lasts. */
export type ResultFile = {
  /** The last result of each item, by its id. */
  readonly results: Map<string, Result>;
  add(result: Result): void;
};

/**
 * Begins a file of results, or goes on with one. A last line that was cut off by the end of its run is forgotten.
 *
 * @throws ToolError where there is a file and `resume` is false, or it is of other settings
 */
export function openResults(path: string, settings: RunSettings, resume: boolean): ResultFile {
  if (existsSync(path) && !resume)
    throw new ToolError(`${path} is there already: --resume goes on with it, --out FILE takes another one.`);
  const results = new Map<string, Result>();
  if (existsSync(path)) readInto(results, path, settings);
  else writeFileSync(path, `${JSON.stringify({ settings })}\n`);
  return {
    results,
    add(result) {
      appendFileSync(path, `${JSON.stringify(result)}\n`);
      results.set(result.id, result);
    },
  };
}

function readInto(results: Map<string, Result>, path: string, settings: RunSettings): void {
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [head = "", ...lines] = whole.split("\n").filter((line) => line !== "");
  if (head === "") {
    writeFileSync(path, `${JSON.stringify({ settings })}\n`);
    return;
  }
  const found = parseLine(head, path, 1).settings;
  if (JSON.stringify(found) !== JSON.stringify(settings))
    throw new ToolError(
      `${path} is of another run: ${JSON.stringify(found)}, not ${JSON.stringify(settings)}. Take another --out.`,
    );
  for (const [i, line] of lines.entries()) {
    const result = parseLine(line, path, i + 2) as Result;
    results.set(result.id, result);
  }
  if (whole.length < text.length) writeFileSync(path, whole);
}

function parseLine(line: string, path: string, number: number): { settings?: unknown } & Partial<Result> {
  try {
    return JSON.parse(line);
  } catch {
    throw new ToolError(`Line ${number} of ${path} is not JSON. Take it out, and its question is asked again.`);
  }
}
