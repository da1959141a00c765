import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright";
import { numberOption } from "./arguments.ts";
import { makeSpokenClip } from "./day/clip.ts";
import { type Held, readHeld } from "./day/figures.ts";
import { buildInto, openDayPage } from "./day/page.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage = "usage: npm run hour -- [--minutes N] [--steps N] [--sound FILE] [--clip FILE]";

/** How often the page is asked how far it is. */
const pollMs = 1000;

type Progress = { readonly heardSeconds: number; readonly heard: boolean; readonly watched: boolean };

/** `npm run hour`: has the built page watch an hour at a frame a second and write down what is said in it, and measures as it goes. */
async function hour(args: readonly string[], output: Output): Promise<void> {
  const { minutes, steps, sound, clip: given } = parseHour(args);
  const folder = mkdtempSync(join(tmpdir(), "aurora-hour-"));
  try {
    const clip = given ?? join(folder, "hour.mp4");
    if (!existsSync(clip)) await makeSpokenClip(clip, minutes * 60, sound);
    const opened = await openDayPage(buildInto(join(folder, "built")), { fps: 1, keepGib: 1 });
    try {
      const { page } = opened;
      await page.getByText("Model ready").waitFor({ timeout: 120_000 });
      await page.getByLabel("Choose a video").first().setInputFiles(clip);
      output.print(
        "| heard, min | page, B | workers, B | GPU, B | kept frames | key states | after, min |\n| --- | --- | --- | --- | --- | --- | --- |",
      );
      const rows = await listen(page, minutes * 60, steps, (row) => output.print(describe(row)));
      check(rows);
      const took = rows.at(-1)?.minutes ?? Number.NaN;
      const lines = await page.getByRole("list", { name: "Transcript" }).getByRole("listitem").count();
      output.print(
        `${minutes} min watched and heard in ${took.toFixed(1)}: ${(minutes / took).toFixed(2)} × as fast as it plays; ${lines} lines shown`,
      );
    } finally {
      await opened.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Row = Held & { readonly heardSeconds: number; readonly watched: boolean; readonly minutes: number };

/** Waits until all was watched and heard, and measures at equal steps of what was heard. */
async function listen(page: Page, seconds: number, steps: number, tell: (row: Row) => void): Promise<Row[]> {
  const begun = performance.now();
  const rows: Row[] = [];
  for (;;) {
    const { heardSeconds, heard, watched } = await readProgress(page);
    const ended = heard && watched;
    if (ended || heardSeconds >= (seconds * (rows.length + 1)) / steps) {
      const minutes = (performance.now() - begun) / 60_000;
      const row = { ...(await readHeld(page)), heardSeconds, watched, minutes };
      rows.push(row);
      tell(row);
    }
    if (ended) return rows;
    await page.waitForTimeout(pollMs);
  }
}

/** @throws ToolError where the page says that it cannot listen */
async function readProgress(page: Page): Promise<Progress> {
  const status = (await page.getByRole("status", { name: "Listening" }).textContent()) ?? "";
  if (/Cannot|no sound/.test(status)) throw new ToolError(`The page says: ${status}`);
  const heard = status.startsWith("Heard to the end");
  const clock = /(?:(\d+):)?(\d+):(\d+)/.exec(status);
  const [hours = 0, minutes = 0, seconds = 0] = (clock?.slice(1) ?? []).map((part) => Number(part ?? 0));
  const bar = page.getByRole("progressbar", { name: "Watching video" });
  const watched = (await bar.getAttribute("aria-valuenow")) === "100";
  return { heardSeconds: heard ? Number.POSITIVE_INFINITY : hours * 3600 + minutes * 60 + seconds, heard, watched };
}

function parseHour(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: "string", default: "60" },
      steps: { type: "string", default: "12" },
      sound: { type: "string", default: "tests/fixtures/speech/speech.mp4" },
      clip: { type: "string" },
    },
  });
  if (positionals.length > 0) throw new ToolError(usage);
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1;
  return {
    minutes: numberOption("minutes", values.minutes, whole, usage) ?? 60,
    steps: numberOption("steps", values.steps, whole, usage) ?? 12,
    sound: values.sound,
    clip: values.clip ?? null,
  };
}

function describe({ heardSeconds, pageBytes, workerBytes, gpuBytes, keptFrames, keyStates, minutes }: Row): string {
  const heard = Number.isFinite(heardSeconds) ? (heardSeconds / 60).toFixed(1) : "all";
  const counts = [pageBytes, workerBytes, gpuBytes, keptFrames].map((value) => value.toLocaleString("en"));
  return `| ${[heard, ...counts, keyStates, minutes.toFixed(1)].join(" | ")} |`;
}

/** @throws ToolError where listening alone, once all was watched, made the workers' memory grow: the memory itself is done by then */
function check(rows: readonly Row[]): void {
  const listening = rows.filter(({ watched }) => watched);
  const grown = (listening.at(-1)?.workerBytes ?? 0) - (listening[0]?.workerBytes ?? 0);
  if (grown > 16 << 20) throw new ToolError(`The workers' memory grew by ${grown} bytes while only listening went on.`);
}

void runTool(import.meta, hour);
