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
  // Errors with a code are parseArgs's and the file system's.
  const expected = error instanceof ToolError || (error instanceof Error && "code" in error);
  return expected ? error.message.split("\n")[0] : error;
}
