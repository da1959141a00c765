import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ConsoleMessage } from "playwright";
import { addAssumptions } from "../src/model/assumptions.ts";
import type { KeptSetting } from "../src/session/probe/report.ts";
import { reportText } from "../src/session/probe/table.ts";
import { choiceOption, isUrl, modelOption } from "./arguments.ts";
import { openHost } from "./host.ts";
import { createProgressLine } from "./progress-line.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage = "usage: npm run probe -- DIR|URL [--json] [--keep] [--encoder auto|webgpu|wasm]";

/** `npm run probe`: checks whether a model is read as it was trained. */
export async function probe(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { model, encoder, json, keep } = parseProbe(args);
  const host = await open();
  const progress = createProgressLine();
  // On a terminal the line is written over; into a file goes one for each step.
  const show = process.stderr.isTTY ? progress.show : output.warn;
  const listen = (message: ConsoleMessage) => message.type() === "info" && show(message.text());
  host.page.on("console", listen);
  try {
    const report = await host.run("probe", { model: host.modelAddress(model), encoder });
    progress.clear();
    output.print(json ? JSON.stringify(report, null, 2) : reportText(report));
    if (keep && report.proposal) output.warn(keepSetting(model, report.proposal));
  } finally {
    host.page.off("console", listen);
    progress.clear();
    await host.close();
  }
}

function parseProbe(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      encoder: { type: "string", default: "auto" },
    },
  });
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) throw new ToolError(usage);
  const model = modelOption(given);
  if (values.keep && isUrl(model)) throw new ToolError("--keep writes to a folder of this machine, not to an address.");
  const encoder = choiceOption("encoder", values.encoder, ["auto", "webgpu", "wasm"]);
  return { model, encoder, json: values.json, keep: values.keep };
}

/** Writes a better setting into a model's `config.json`, and says so. */
function keepSetting(model: string, { label, assumptions }: KeptSetting): string {
  const path = join(model, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  const changed = { ...config, assumptions: addAssumptions(config, assumptions) };
  if (config.sha256) changed.sha256 = { ...config.sha256, "config.json": undefined }; // it was that of the file before
  writeFileSync(path, `${JSON.stringify(changed, null, 1)}\n`);
  return `Kept in ${path}: ${label}.`;
}

void runTool(import.meta, probe);
