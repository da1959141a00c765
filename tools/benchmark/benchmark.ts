import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { choiceOption, modelOption, numberOption } from "../arguments.ts";
import { openHost } from "../host.ts";
import type { From } from "../page/eval.ts";
import { createProgressLine } from "../progress-line.ts";
import { type Output, runTool, ToolError } from "../run-tool.ts";
import { createVideoFinder } from "./find-video.ts";
import { createJudge, type Judge, judgeAnswers, readVerdicts } from "./judge.ts";
import { readData } from "./read-data.ts";
import { openResults, type ResultFile } from "./results.ts";
import { runBenchmark } from "./run.ts";
import { formatTable } from "./table.ts";
import type { Answered, Item, Task } from "./task.ts";
import { tasks } from "./tasks.ts";

const usage = `usage: npm run benchmark -- ${tasks.map(({ name }) => name).join("|")} --data DIR|FILE --videos DIR [--model DIR|URL] [--fps N | --frames N] [--from look-again|memory] [--limit QUESTIONS] [--out FILE] [--resume] [--judge URL [--judge-model NAME]] [--meteor JAR] [--encoder auto|webgpu|wasm] [--json]`;

type Arguments = {
  readonly task: Task;
  readonly data: string;
  readonly videos: string;
  readonly model: string;
  readonly sampling: Task["sampling"];
  readonly from: From;
  readonly limit: number | null;
  readonly out: string;
  readonly resume: boolean;
  readonly judge: Judge | null;
  readonly meteorJar: string | null;
  readonly encoder: "auto" | "webgpu" | "wasm";
  readonly json: boolean;
};

/** `npm run benchmark`: runs one of the paper's benchmarks, or goes on with a run, and prints its table. */
export async function benchmark(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const chosen = parseBenchmark(args);
  const { task, model, from, sampling, out } = chosen;
  const items = task.readItems(await readData(chosen.data)).slice(0, chosen.limit ?? undefined);
  refuseTwins(items, chosen.data);
  const find = createVideoFinder(chosen.videos);
  mkdirSync(dirname(resolve(out)), { recursive: true });
  const file = openResults(out, { task: task.name, model, from, sampling }, chosen.resume);
  const line = createProgressLine();
  const report = process.stderr.isTTY ? line.show : chosen.json ? () => undefined : output.warn;
  await runBenchmark({ ...chosen, items, find, file, open, report, warn: output.warn });
  line.clear();
  await conclude(chosen, items, file, output);
}

/** Asks the judge, writes the files for others, and prints the table. */
async function conclude(chosen: Arguments, items: readonly Item[], file: ResultFile, output: Output): Promise<void> {
  const { task, out, judge, meteorJar, json } = chosen;
  const said = items.flatMap((item) => {
    const result = file.results.get(item.id);
    return result?.answer === undefined
      ? []
      : [{ item, answer: result.answer, likelihoods: result.likelihoods ?? null }];
  });
  const verdictPath = `${withoutEnding(out)}.verdicts.jsonl`;
  const verdicts = readVerdicts(verdictPath, file.results);
  if (judge) await judgeAnswers(task, said, verdicts, verdictPath, createJudge(judge));
  const answers: Answered[] = said.map((each) => ({ ...each, verdict: verdicts.get(each.item.id) ?? null }));
  const table = await task.report(answers, { meteorJar });
  const files = (task.foreignFiles?.(answers) ?? []).map(({ name, content }) => {
    const path = join(dirname(out), name);
    writeFileSync(path, content);
    return path;
  });
  if (json)
    return output.print(
      JSON.stringify({ task: task.name, ...table, failed: items.length - said.length, files }, null, 2),
    );
  for (const text of formatTable(task, table)) output.print(text);
  if (said.length < items.length)
    output.print(
      `${items.length - said.length} of ${items.length} questions have no answer, and do not count; --resume asks them again.`,
    );
  for (const path of files) output.print(`written: ${path}`);
}

function parseBenchmark(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: "string" },
      videos: { type: "string" },
      model: { type: "string", default: "public/models/nano" },
      fps: { type: "string" },
      frames: { type: "string" },
      from: { type: "string", default: "look-again" },
      limit: { type: "string" },
      out: { type: "string" },
      resume: { type: "boolean", default: false },
      judge: { type: "string" },
      "judge-model": { type: "string", default: "gpt-4o-mini" },
      meteor: { type: "string" },
      encoder: { type: "string", default: "auto" },
      json: { type: "boolean", default: false },
    },
  });
  const [name] = positionals;
  if (!name || positionals.length > 1 || !values.data || !values.videos) throw new ToolError(usage);
  const task = tasks.find(
    (each) =>
      each.name ===
      choiceOption(
        "task",
        name,
        tasks.map((known) => known.name),
      ),
  );
  if (!task) throw new ToolError(usage);
  const isCount = (count: number) => Number.isInteger(count) && count > 0;
  const fps = numberOption("fps", values.fps, (rate) => rate > 0, usage);
  const frames = numberOption("frames", values.frames, isCount, usage);
  if (fps !== null && frames !== null) throw new ToolError("--fps and --frames exclude each other.");
  if (values.judge && !task.judge) throw new ToolError(`${task.title} needs no judge here.`);
  const { data, videos, resume, json } = values;
  return {
    task,
    data,
    videos,
    resume,
    json,
    model: modelOption(values.model),
    sampling: fps !== null ? { fps } : frames !== null ? { frames } : task.sampling,
    from: choiceOption("from", values.from, ["look-again", "memory"]),
    limit: numberOption("limit", values.limit, isCount, usage),
    out: values.out ?? `benchmark-results/${task.name}.jsonl`,
    judge: values.judge
      ? { url: values.judge, model: values["judge-model"], key: process.env.JUDGE_API_KEY ?? null }
      : null,
    meteorJar: values.meteor ?? null,
    encoder: choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]),
  };
}

function refuseTwins(items: readonly Item[], data: string): void {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id))
      throw new ToolError(`${data} has two questions called ${id}: give one split's file or folder alone.`);
    seen.add(id);
  }
  if (items.length === 0) throw new ToolError(`${data} has no questions.`);
}

function withoutEnding(path: string): string {
  return path.replace(/\.jsonl$/, "");
}

void runTool(import.meta, benchmark);
