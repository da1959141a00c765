import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { AuroraError } from "../src/errors.ts";

/** An error to be printed as one line. */
export class ToolError extends Error {}

/** Where a tool writes its lines: what it was asked for, and what is to be told besides. */
export type Output = { print(text: string): void; warn(text: string): void };

/** A tool's main function, which gets the command line without the program. */
type Tool = (args: readonly string[], output: Output) => Promise<void>;

/** Runs a tool where its module is what Node was started with, and not where a test imports it. */
export async function runTool(module: ImportMeta, tool: Tool): Promise<void> {
  const [, started, ...args] = process.argv;
  if (started === undefined || realpathSync(started) !== fileURLToPath(module.url)) return;
  process.exit(await exitCodeOf(tool, args, { print: console.log, warn: console.error }));
}

/** Runs a tool and gives its exit code; an expected error becomes one line and exit code 1. */
export async function exitCodeOf(tool: Tool, args: readonly string[], output: Output): Promise<number> {
  try {
    await tool(args, output);
    return 0;
  } catch (error) {
    output.warn(describe(error));
    return 1;
  }
}

function describe(error: unknown): string {
  if (error instanceof AuroraError) return `${error.code}: ${error.message}`;
  // Errors with a code are parseArgs's and the file system's.
  const expected = error instanceof ToolError || (error instanceof Error && "code" in error);
  return expected ? (error.message.split("\n")[0] as string) : inspect(error);
}
