import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFile } from "./ffmpeg.ts";
import { createProgressLine } from "./progress-line.ts";
import { relatives } from "./relatives/kinds.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run relatives -- DIR: makes relatives of all files that were once wrong, for npm run try-files";

/** `npm run relatives`: fills a folder that is not there yet. */
async function makeRelatives(args: readonly string[], output: Output): Promise<void> {
  const [folder] = args;
  if (folder === undefined || args.length > 1) throw new ToolError(usage);
  if (existsSync(folder)) throw new ToolError(`There is a folder ${folder} already.`);
  mkdirSync(folder, { recursive: true });
  const around = mkdtempSync(join(tmpdir(), "aurora-relatives-"));
  const clip = join(around, "clip.mp4");
  const progress = createProgressLine();
  let made = 0;
  try {
    const source = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=10:duration=3"];
    await makeFile([...source, "-c:v", "libx264", "-g", "10", "-bf", "3", clip]);
    for (const { name, args: how, change } of relatives()) {
      progress.show(`${made + 1} ${name}`);
      const path = join(folder, name);
      await makeFile([...how.map((each) => (each === "CLIP" ? clip : each)), path]);
      if (change) writeFileSync(path, change(readFileSync(path)));
      made++;
    }
  } finally {
    progress.clear();
    rmSync(around, { recursive: true });
  }
  output.print(`${made} files`);
}

void runTool(import.meta, makeRelatives);
