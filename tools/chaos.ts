import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { numberOption } from "./arguments.ts";
import { runChaos } from "./chaos/run.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run chaos -- [--minutes N] [--seed N]: lets mishaps befall the built page, and looks whether it stays well";

/** `npm run chaos`: prints a line for each sequence; ends with an error where the page was not well after one. */
async function chaos(args: readonly string[], output: Output): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: "string" }, seed: { type: "string" } },
  });
  const minutes = numberOption("minutes", values.minutes, (value) => value > 0, usage) ?? 1;
  const seed = numberOption("seed", values.seed, (value) => Number.isInteger(value) && value >= 0, usage) ?? 1;
  const folder = mkdtempSync(join(tmpdir(), "aurora-chaos-"));
  try {
    const vite = resolve(import.meta.dirname, "../node_modules/vite/bin/vite.js");
    const built = ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
    execFileSync(process.execPath, [vite, ...built], {
      cwd: resolve(import.meta.dirname, ".."),
      stdio: ["ignore", 2, 2],
    });
    const report = await runChaos({ seed, minutes, folder, log: output.print });
    output.print(`${report.sequences} sequences, ${report.actions} actions, ${report.faults.length} faults`);
    if (report.faults.length > 0) throw new ToolError(report.faults.join("\n"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void runTool(import.meta, chaos);
