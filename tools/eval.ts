import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ConsoleMessage } from "playwright";
import { joinPictures } from "./apng.ts";
import { choiceOption, modelOption, numberOption } from "./arguments.ts";
import { openHost } from "./host.ts";
import type { EvalAnswers, EvalClip, EvalCommand, EvalResult, From } from "./page/eval.ts";
import { createProgressLine } from "./progress-line.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";
import { type Score, scoreAnswers } from "./score.ts";
import { type Clip, pictureFps, type Question, readSuite } from "./suite.ts";

const usage =
  "usage: npm run eval -- --suite DIR [--model DIR|URL] [--from memory|look-again|both] [--limit CLIPS] [--encoder auto|webgpu|wasm] [--answers FILE] [--json]";
const titles = { memory: "from memory", "look-again": "look again" } as const;

type Answered = Question & { readonly said: EvalAnswers };

type EvalArguments = Pick<EvalCommand, "encoder" | "from"> & {
  readonly model: string;
  readonly clips: readonly Clip[];
  /** File for the answers; null for none. */
  readonly answers: string | null;
  readonly json: boolean;
};

/** `npm run eval`: asks the questions of a suite and scores the answers. */
export async function evaluate(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { clips, answers: file, json, from: ways, ...chosen } = parseEval(args);
  const scratch = mkdtempSync(join(tmpdir(), "aurora-eval-"));
  try {
    const files = clips.map((clip, i) => videoOf(clip, join(scratch, `${i}.png`)));
    const command = { ...chosen, from: ways, clips: clips.map(toEvalClip) };
    const { answers, notices } = await askAll(command, files, open, json ? () => undefined : output.warn);
    for (const notice of notices) output.warn(notice);
    const answered = clips.flatMap(({ questions }, i) =>
      questions.map((question, j) => ({ ...question, said: answers[i]?.[j] ?? {} })),
    );
    if (file !== null) writeFileSync(file, formatAnswers(answered));
    const scores = ways.map((way) => ({ ...score(answered, way), from: way }));
    const [first, lookAgain] = scores;
    if (json) output.print(JSON.stringify({ ...first, ...(lookAgain ? { lookAgain } : {}) }, null, 2));
    else printScores(scores, output);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function parseEval(args: readonly string[]): EvalArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      suite: { type: "string" },
      model: { type: "string", default: "public/models/nano" },
      from: { type: "string", default: "both" },
      limit: { type: "string" },
      encoder: { type: "string", default: "auto" },
      answers: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (!values.suite) throw new ToolError(usage);
  const from = choiceOption("from", values.from, ["memory", "look-again", "both"]);
  const encoder = choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]);
  const limit = numberOption("limit", values.limit, (count) => Number.isInteger(count) && count > 0, usage);
  const { answers = null, json } = values;
  if (answers !== null && !existsSync(dirname(resolve(answers))))
    throw new ToolError(`There is no folder ${dirname(answers)} for the answers.`);
  const clips = readSuite(values.suite).slice(0, limit ?? undefined);
  const model = modelOption(values.model);
  return { model, encoder, from: from === "both" ? ["memory", "look-again"] : [from], clips, answers, json };
}

/** Path of a clip's video; a folder's pictures are joined into one at `joined`. */
function videoOf({ path, pictures }: Clip, joined: string): string {
  if (!pictures) return path;
  const read = pictures.map((picture) => ({ path: picture, bytes: readFileSync(picture) }));
  writeFileSync(joined, joinPictures(read, pictureFps));
  return joined;
}

function toEvalClip({ name, pictures, questions }: Clip): EvalClip {
  // A single picture does not move, and so has no duration.
  const seconds = pictures && (pictures.length === 1 ? 0 : pictures.length / pictureFps);
  return { name, seconds, questions: questions.map(({ question }) => question) };
}

/** Asks about all clips in a browser; says how far it is on the terminal, or to `report` where that is a file. */
async function askAll(
  command: EvalCommand,
  files: readonly string[],
  open: typeof openHost,
  report: (text: string) => void,
): Promise<EvalResult> {
  const host = await open();
  const progress = createProgressLine();
  const show = process.stderr.isTTY ? progress.show : report;
  const listen = (message: ConsoleMessage) => message.type() === "info" && show(message.text());
  host.page.on("console", listen);
  try {
    return await host.run("eval", { ...command, model: host.modelAddress(command.model) }, files);
  } finally {
    host.page.off("console", listen);
    progress.clear();
    await host.close();
  }
}

function score(answered: readonly Answered[], way: From): Score {
  return scoreAnswers(answered.map((each) => ({ ...each, said: each.said[way] ?? "" })));
}

function formatAnswers(answered: readonly Answered[]): string {
  const rows = answered.map(({ clip, type, question, answer, said }) => {
    return { clip, type, question, answer, memory: said.memory, lookAgain: said["look-again"] };
  });
  return `${JSON.stringify(rows, null, 1)}\n`;
}

/** Prints a table: a row for each type, then the mean over the types, then all questions together. */
function printScores(scores: readonly (Score & { readonly from: From })[], output: Output): void {
  const { byType = {}, n = 0 } = scores[0] ?? {};
  const rows = [
    ["type", "n", ...scores.map(({ from }) => titles[from])],
    ...Object.entries(byType).map(([type, share]) => [
      type,
      String(share.n),
      ...scores.map((each) => formatShare(each.byType[type] ?? share)),
    ]),
    ["macro", "", ...scores.map(({ macro }) => `${percent(macro)} %`)],
    ["all", String(n), ...scores.map(formatShare)],
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const [name = "", ...cells] of rows) {
    const padded = cells.map((cell, i) => cell.padStart(widths[i + 1] ?? 0));
    output.print([name.padEnd(widths[0] ?? 0), ...padded].join("  "));
  }
}

function formatShare({ accuracy, error }: { readonly accuracy: number; readonly error: number }): string {
  return `${percent(accuracy)} ± ${percent(error).padStart(4)} %`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

void runTool(import.meta, evaluate);
