import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { choiceOption, modelOption } from "./arguments.ts";
import { benchPage } from "./bench-page.ts";
import { openHost } from "./host.ts";
import type { BenchResult } from "./page/bench/bench.ts";
import type { Figure } from "./page/bench/measure.ts";
import { partNames } from "./page/bench/part-names.ts";
import type { Checkpoint } from "./page/bench/watching.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

/** What can be measured: on the tools' page, and then in the built one. */
const parts = [...partNames, "page"] as const;
const usage = `usage: npm run bench -- [--json] [--model DIR|URL] [--frames N] [--encoder auto|webgpu|wasm] [--precision auto|f16|f32] [--only ${parts.join(",")}]`;
const leastFrames = 250; // fewer have no last tenth apart from the beginning
const samples = resolve(import.meta.dirname, "../public/samples");
/** The sample that has as many frames as the model wants of it, so that decoding others costs nothing. */
const longest = "five-minutes.mp4";
const questions = ["What objects appear in the video?", "What is the background color?"];

/** `npm run bench`: measures everything that the documents state, or what `--only` names. */
async function bench(args: readonly string[], output: Output): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      model: { type: "string", default: "public/models/nano" },
      frames: { type: "string", default: "2000" },
      encoder: { type: "string", default: "auto" },
      precision: { type: "string", default: "auto" },
      only: { type: "string", default: parts.join(",") },
    },
  });
  const frames = Number(values.frames);
  const encoder = choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]);
  const encoderPrecision = choiceOption("precision", values.precision, ["auto", "f16", "f32"]);
  const chosen = values.only.split(",").map((name) => choiceOption("only", name, parts));
  if (!Number.isInteger(frames) || frames < leastFrames)
    throw new ToolError(`--frames is a whole number from ${leastFrames} on, not ${values.frames}. ${usage}`);
  const model = modelOption(values.model);
  const short = readdirSync(samples).filter((name) => name.endsWith(".mp4") && name !== longest);
  const host = await openHost();
  try {
    const begin = Date.now();
    host.page.on("console", (message) => message.type() === "info" && output.warn(message.text()));
    const inPage = partNames.filter((name) => chosen.includes(name));
    const options = {
      model: host.modelAddress(model),
      encoder,
      encoderPrecision,
      frames,
      questions,
      parts: inPage,
    };
    const result = await host.run(
      "bench",
      options,
      [longest, ...short].map((name) => join(samples, name)),
    );
    const page = chosen.includes("page") ? await benchPage(host, questions) : [];
    const measured = { ...result, figures: [...result.figures, ...page] };
    output.warn(`done in ${Math.round((Date.now() - begin) / 1000)} s`);
    const browser = `Chromium ${host.page.context().browser()?.version()}`;
    if (values.json) output.print(JSON.stringify([machine(result, browser), ...flatten(measured)], null, 2));
    else printTables(measured, browser, output);
  } finally {
    await host.close();
  }
}

/** The machine as the first figure: its cores, and all else in the note. */
function machine({ adapter, modelName }: BenchResult, browser: string): Figure {
  const [cpu] = cpus();
  const kind = adapter.software ? "software" : "hardware";
  const note = `${cpu?.model.trim()}; adapter ${adapter.description} (${kind}); ${browser}; model ${modelName}`;
  return { id: "machine-cores", value: cpus().length, unit: "cores", note };
}

/** The checkpoints as figures of their own, after the others. */
function flatten({ figures, checkpoints }: BenchResult): Figure[] {
  return [...figures, ...checkpoints.flatMap(checkpointFigures)];
}

function checkpointFigures(checkpoint: Checkpoint): Figure[] {
  const { frames, gpuBytes, buffers, frameMs, stateBytes, kvCacheBytes } = checkpoint;
  const note = `after ${frames} frames`;
  return [
    { id: `gpu-bytes-at-${frames}`, value: gpuBytes, unit: "B", note },
    {
      id: `gpu-buffers-at-${frames}`,
      value: buffers,
      unit: "buffers",
      note: `${note}, those on their way to the host included`,
    },
    { id: `frame-ms-at-${frames}`, value: frameMs, unit: "ms", note: `median a frame since the checkpoint before` },
    { id: `state-bytes-at-${frames}`, value: stateBytes, unit: "B", note },
    {
      id: `kv-cache-bytes-at-${frames}`,
      value: kvCacheBytes,
      unit: "B",
      note: `what an f16 KV cache would hold ${note}`,
    },
  ];
}

function printTables(result: BenchResult, browser: string, { print }: Output): void {
  const { value, note } = machine(result, browser);
  print(`${value} cores; ${note}\n`);
  const header = ["frames", "GPU bytes", "buffers", "ms a frame", "state bytes", "KV cache bytes"];
  const rows = result.checkpoints.map(({ frames, gpuBytes, buffers, frameMs, stateBytes, kvCacheBytes }) =>
    [frames, gpuBytes, buffers, frameMs, stateBytes, kvCacheBytes].map(format),
  );
  if (rows.length > 0) {
    printTable(print, [header, ...rows]);
    print("");
  }
  printTable(print, [
    ["id", "value", "unit", "note"],
    ...result.figures.map((figure) => [figure.id, format(figure.value), figure.unit, figure.note]),
  ]);
}

/** Prints a Markdown table, so that it can go into the documents as it is. */
function printTable(print: Output["print"], [header = [], ...rows]: readonly (readonly string[])[]): void {
  for (const row of [header, header.map(() => "---"), ...rows]) print(`| ${row.join(" | ")} |`);
}

function format(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

void runTool(import.meta, bench);
