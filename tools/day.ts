import { parseArgs } from "node:util";
import { modelOption, numberOption } from "./arguments.ts";
import { openHost } from "./host.ts";
import type { DayFigures } from "./page/day.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage = "usage: npm run day -- [--frames N] [--steps N] [--model DIR|URL] [--json]";

/** Bytes that the tokens and the key states may take: a tiny model's whole day would take more of both. */
const budgets = { keepBytes: 1 << 20, keyStateBytes: 1 << 18 };

/** `npm run day`: has a tiny model see a day, a frame a second by a simulated clock, and measures what it holds. */
export async function day(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { frames, steps, model, json } = parseDay(args);
  const host = await open();
  try {
    const session = await host.page.context().newCDPSession(host.page);
    const rows: (DayFigures & { readonly heapBytes: number })[] = [];
    for (let step = 1; step <= steps; step++) {
      const until = Math.round((frames * step) / steps);
      const figures = await host.run("day", { model: host.modelAddress(model), until, ...budgets });
      await session.send("HeapProfiler.collectGarbage");
      const { usedSize: heapBytes } = await session.send("Runtime.getHeapUsage");
      rows.push({ ...figures, heapBytes });
      if (!json) output.print(describe(rows.at(-1) as (typeof rows)[number]));
    }
    if (json) output.print(JSON.stringify(rows, null, 2));
    check(rows);
  } finally {
    await host.close();
  }
}

function parseDay(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      frames: { type: "string", default: "86400" },
      steps: { type: "string", default: "12" },
      model: { type: "string", default: "tests/fixtures/models/one-token" },
      json: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 0) throw new ToolError(usage);
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 2;
  return {
    frames: numberOption("frames", values.frames, whole, usage) ?? 0,
    steps: numberOption("steps", values.steps, whole, usage) ?? 0,
    model: modelOption(values.model),
    json: values.json,
  };
}

function describe({
  frames,
  gpuBytes,
  heapBytes,
  keptBytes,
  keyStates,
  keyStateGap,
  fileBytes,
  applyMs,
}: DayFigures & { readonly heapBytes: number }): string {
  const bytes = (value: number) => value.toLocaleString("en");
  return `| ${bytes(frames)} | ${bytes(gpuBytes)} | ${bytes(heapBytes)} | ${bytes(keptBytes)} | ${keyStates} | ${keyStateGap} | ${bytes(fileBytes)} | ${applyMs.toFixed(1)} |`;
}

/** @throws ToolError where something grew that must not */
function check(rows: readonly DayFigures[]): void {
  const gpu = new Set(rows.slice(1).map(({ gpuBytes }) => gpuBytes));
  if (gpu.size > 1) throw new ToolError(`The GPU's bytes changed: ${[...gpu].join(", ")}.`);
  for (const { keptBytes, keyStateBytes, frames } of rows) {
    if (keptBytes > budgets.keepBytes)
      throw new ToolError(`${keptBytes} bytes of tokens were kept at ${frames} frames.`);
    if (keyStateBytes > budgets.keyStateBytes)
      throw new ToolError(`${keyStateBytes} bytes of key states were kept at ${frames} frames.`);
  }
}

void runTool(import.meta, day);
