import { AuroraError } from "../src/errors.ts";

/** An error to be printed as one line. */
export class ToolError extends Error {}

/** Runs a tool's main function; an expected error becomes one line and exit code 1. */
export async function runTool(main: () => Promise<void>): Promise<void> {
  try {
    await main();
    process.exit(0);
  } catch (error) {
    console.error(describe(error));
    process.exit(1);
  }
}

function describe(error: unknown): unknown {
  if (error instanceof AuroraError) return `${error.code}: ${error.message}`;
  const expected = error instanceof ToolError || (error instanceof TypeError && "code" in error); // the latter: parseArgs
  return expected ? error.message.split("\n")[0] : error;
}
