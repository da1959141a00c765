import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright";
import { numberOption } from "./arguments.ts";
import { makeDayClip } from "./day/clip.ts";
import { type Held, readHeld } from "./day/figures.ts";
import { buildInto, type DayPage, loadFolder, openDayPage, watchClip, watchedFrames } from "./day/page.ts";
import { type LongTasks, type TracedTasks, takeTasks, traceTasks } from "./day/tasks.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  "usage: npm run day -- [--frames N] [--steps N] [--model DIR] [--clip FILE] [--trace FILE] [--json]; --clip names the film that is watched, which is made where it is not there";

/** Room for tokens to be looked at again: a day of the tiny model's would take more. */
const keepBytes = 2 ** 20;
const settings = { fps: 1, keepGib: keepBytes / 2 ** 30 };

type Row = Held & { readonly frames: number; readonly minutes: number; readonly long: LongTasks } & {
  /** While the page is used. */
  readonly used: TracedTasks;
};

/** `npm run day`: has the built page watch a day, a frame a second, with a tiny model, and measures what it holds as it goes. */
async function day(args: readonly string[], output: Output): Promise<void> {
  const { frames, steps, model, clip: given, trace, json } = parseDay(args);
  const folder = mkdtempSync(join(tmpdir(), "aurora-day-"));
  try {
    const clip = given ?? join(folder, "day.mp4");
    if (!existsSync(clip)) await makeDayClip(clip, frames);
    const opened = await openDayPage(buildInto(join(folder, "built")), settings);
    try {
      await loadFolder(opened.page, withLargeBatches(model, join(folder, "model")));
      const rows = await watchDay(opened, { clip, frames, steps, trace }, (row) => {
        if (!json) output.print(describe(row));
      });
      const end = await lookBack(opened.page);
      output.print(
        json
          ? JSON.stringify({ rows, ...end }, null, 2)
          : `memory file ${count(end.fileBytes)} bytes; as of the middle: ${end.asOf}`,
      );
      check(rows);
    } finally {
      await opened.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type DayPlan = {
  readonly clip: string;
  readonly frames: number;
  readonly steps: number;
  readonly trace: string | null;
};

async function watchDay(
  { browser, page }: DayPage,
  { clip, frames, steps, trace }: DayPlan,
  tell: (row: Row) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  const begun = performance.now();
  await watchClip(page, clip);
  await takeTasks(page);
  for (let step = 1; step <= steps; step++) {
    const watched = await watchedFrames(page, Math.round((frames * step) / steps));
    const long = await takeTasks(page);
    const keep = (bytes: Buffer) => trace && writeFileSync(`${trace}.${step}.json`, bytes);
    const used = await traceTasks(browser, page, () => useTimeline(page), keep);
    const held = await readHeld(page);
    const row = { ...held, frames: watched, minutes: (performance.now() - begun) / 60_000, long, used };
    rows.push(row);
    tell(row);
    await takeTasks(page);
  }
  return rows;
}

/** What a person does with the timeline, the frames and the notes. */
async function useTimeline(page: Page): Promise<void> {
  const timeline = page.getByRole("slider", { name: "Timeline" });
  for (const key of ["Home", "PageUp", "ArrowRight", "ArrowRight", "+", "+", "+", "PageUp", "PageUp", "-", "0", "End"])
    await timeline.press(key);
  const film = page.getByRole("listbox", { name: "Frames seen" });
  for (const key of ["Home", "PageDown", "PageDown", "ArrowRight", "End"]) await film.press(key);
  const search = page.getByRole("searchbox", { name: "Search the notes" });
  if (!(await search.isVisible())) return;
  await search.pressSequentially("the");
  await search.fill("");
}

/** Of the whole: its memory file, and a question as of its middle. */
async function lookBack(page: Page): Promise<{ readonly fileBytes: number; readonly asOf: string }> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save memory" }).click(),
  ]);
  const fileBytes = readFileSync(await download.path()).length;
  const timeline = page.getByRole("slider", { name: "Timeline" });
  await timeline.press("Home");
  for (let tenth = 0; tenth < 5; tenth++) await timeline.press("PageUp");
  await page.getByRole("textbox", { name: "Question" }).fill("What do you see?");
  await page.getByRole("button", { name: /^Ask as of/ }).click();
  const turn = page.getByRole("article").first();
  await turn.and(page.locator('[data-status="done"]')).waitFor({ timeout: 120_000 });
  const asOf = ((await turn.textContent()) ?? "").replaceAll(/\s+/g, " ");
  if (!asOf.includes("as of ")) throw new ToolError(`The answer does not say its moment: ${asOf}`);
  return { fileBytes, asOf };
}

function parseDay(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      frames: { type: "string", default: "86400" },
      steps: { type: "string", default: "12" },
      model: { type: "string", default: "tests/fixtures/models/one-token" },
      clip: { type: "string" },
      trace: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 0) throw new ToolError(usage);
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 2;
  return {
    frames: numberOption("frames", values.frames, whole, usage) ?? 0,
    steps: numberOption("steps", values.steps, whole, usage) ?? 0,
    model: values.model,
    clip: values.clip ?? null,
    trace: values.trace ?? null,
    json: values.json,
  };
}

/** A copy of a model that reads sixteen frames at once, since a day of small batches takes a night. */
function withLargeBatches(model: string, folder: string): string {
  cpSync(model, folder, { recursive: true });
  const path = join(folder, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...config, sampling: { ...config.sampling, max_batch: 16 } }));
  return folder;
}

const count = (value: number) => value.toLocaleString("en");

function describe(row: Row): string {
  const {
    frames,
    minutes,
    gpuBuffers,
    gpuBytes,
    pageBytes,
    workerBytes,
    storedBytes,
    keptFrames,
    keyStates,
    scenes,
    notes,
  } = row;
  const { long, used } = row;
  const cells = [
    ...[frames, gpuBuffers, gpuBytes, pageBytes, workerBytes, storedBytes, keptFrames].map(count),
    ...[keyStates, scenes, notes, `${long.count}, ${long.longestMs.toFixed(0)}`],
    ...[used.wallMs.toFixed(0), used.cpuMs.toFixed(0), minutes.toFixed(1)],
  ];
  return `| ${cells.join(" | ")} |`;
}

/** @throws ToolError where something grew that must not; while a note is written, a branch takes its share of the GPU */
function check(rows: readonly Row[]): void {
  const half = Math.ceil(rows.length / 2);
  const gpu = rows.map(({ gpuBytes }) => gpuBytes);
  const [before, after] = [Math.max(...gpu.slice(0, half)), Math.min(...gpu.slice(half))];
  if (after > before) throw new ToolError(`The GPU's bytes grew from ${before} to ${after}.`);
  const long = rows.find(({ used }) => used.cpuMs >= 50);
  if (long)
    throw new ToolError(`At ${long.frames} frames a task took the page ${long.used.cpuMs} ms of its processor.`);
}

void runTool(import.meta, day);
