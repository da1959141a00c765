import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { ToolError } from "../../run-tool.ts";
import type { Captioned } from "./cider.ts";

/** Of all captions together, which is not the mean, and of each. */
type Meteor = { readonly score: number; readonly scores: readonly number[] };

/**
 * METEOR of all candidates together and of each, 0 to 1, computed by its authors' Java program (meteor-1.5.jar, as pycocoevalcap installs it), with
 * the arguments and over the lines of pycocoevalcap's `Meteor`.
 *
 * @throws ToolError where there is no such program, or no Java
 */
export async function meteor(captions: readonly Captioned[], jar: string): Promise<Meteor> {
  if (!existsSync(jar)) throw new ToolError(`There is no file ${jar}.`);
  if (captions.length === 0) return { score: 0, scores: [] };
  // It looks for its tables beside itself.
  const java = spawn("java", ["-jar", "-Xmx2G", resolve(jar), "-", "-", "-stdio", "-l", "en", "-norm"], {
    cwd: dirname(jar),
    stdio: ["pipe", "pipe", "ignore"],
  });
  const failed = once(java, "error").then(([error]) => {
    throw new ToolError(`METEOR needs Java: ${(error as Error).message}`);
  });
  try {
    return await Promise.race([score(java.stdin, createInterface({ input: java.stdout }), captions), failed]);
  } finally {
    java.kill();
  }
}

async function score(
  input: NodeJS.WritableStream,
  output: AsyncIterable<string>,
  captions: readonly Captioned[],
): Promise<Meteor> {
  const lines = output[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new ToolError("METEOR ended without a score.");
    return String(value).trim();
  };
  const statistics: string[] = [];
  for (const { candidate, references } of captions) {
    const said = candidate.replaceAll("|||", "").replaceAll("  ", " ");
    input.write(`SCORE ||| ${references.join(" ||| ")} ||| ${said}\n`);
    statistics.push(await read());
  }
  input.write(`EVAL ${statistics.map((each) => `||| ${each}`).join(" ")}\n`);
  const scores: number[] = [];
  for (const _ of captions) scores.push(Number(await read()));
  return { score: Number(await read()), scores };
}
