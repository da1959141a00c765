import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { numberOption } from "./arguments.ts";
import { compareFile, type Difference } from "./compare-file.ts";
import { askFfmpeg } from "./ffmpeg.ts";
import { type Host, openHost } from "./host.ts";
import type { Tried, TryCommand } from "./page/try-file.ts";
import { createProgressLine } from "./progress-line.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run try-files -- DIR [--frames N] [--patience SECONDS] [--json FILE]: watches a few frames of every file below DIR " +
  "and prints where that differs from what ffprobe and ffmpeg say";

/** Pictures of a file that ffmpeg is asked for at most. */
const mostPictures = 20_000;

type Row = { readonly file: string; readonly tried: Tried; readonly differences: readonly Difference[] };

/** `npm run try-files`: how the next thousand files are tried. */
export async function tryFiles(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const { folder, paths, frames, patienceSeconds, json } = parseTry(args);
  const host = await open();
  const progress = createProgressLine();
  const rows: Row[] = [];
  try {
    for (const path of paths) {
      const file = relative(folder, path);
      progress.show(`${rows.length + 1} / ${paths.length} ${file}`);
      const [tried, told] = await Promise.all([
        tryOne(host, path, { sampling: { frames }, patienceSeconds }),
        askFfmpeg(path, mostPictures),
      ]);
      const row = { file, tried, differences: compareFile(tried, told) };
      rows.push(row);
      progress.clear();
      for (const { what, ours, theirs } of row.differences) output.print([file, what, ours, theirs].join(" | "));
    }
  } finally {
    await host.close();
  }
  output.print(summary(rows));
  if (json !== null) writeFileSync(json, `${JSON.stringify(rows, null, 1)}\n`);
}

/** What came of one file; a page that breaks is what came of it, too. */
async function tryOne(host: Host, path: string, command: TryCommand): Promise<Tried> {
  return host.run("try-file", command, [path]).catch((error: unknown) => {
    const data = { code: "Unexpected", message: String(error), cause: null } as const;
    return { info: null, pictures: 0, openMs: 0, frames: [], losses: [], error: data };
  });
}

function summary(rows: readonly Row[]): string {
  const count = (test: (row: Row) => boolean) => rows.filter(test).length;
  const refused = (row: Row) => row.tried.error !== null;
  const same = (row: Row) => row.differences.length === 0;
  return [
    `${rows.length} files`,
    `${count((row) => same(row) && !refused(row))} watched as ffmpeg shows them`,
    `${count((row) => same(row) && refused(row))} refused that ffmpeg does not show either`,
    `${count((row) => !same(row) && refused(row))} refused that ffmpeg shows`,
    `${count((row) => !same(row) && !refused(row))} watched otherwise`,
  ].join(", ");
}

function parseTry(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { frames: { type: "string" }, patience: { type: "string" }, json: { type: "string" } },
  });
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new ToolError(usage);
  if (!existsSync(folder)) throw new ToolError(`There is no folder ${folder}.`);
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  const frames = numberOption("frames", values.frames, isCount, usage) ?? 4;
  const patienceSeconds = numberOption("patience", values.patience, (value) => value > 0, usage) ?? 60;
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
  if (paths.length === 0) throw new ToolError(`There is no file in ${folder}.`);
  return { folder, paths, frames, patienceSeconds, json: values.json ?? null };
}

void runTool(import.meta, tryFiles);
