import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromium, type Page } from "playwright";
import { build, preview } from "vite";
import { chromiumFlags, findChromium } from "./chromium.ts";
import { type Output, runTool } from "./run-tool.ts";

const root = resolve(import.meta.dirname, "..");

/** A picture of the page: what is shown when it is taken, by day or by night, and how wide. */
type Shot = {
  readonly name: string;
  readonly colorScheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
  readonly prepare: (page: Page) => Promise<void>;
};

const shots: readonly Shot[] = [
  { name: "start", colorScheme: "light", width: 1440, height: 900, prepare: start },
  { name: "workspace", colorScheme: "dark", width: 1440, height: 1080, prepare: work },
  { name: "notes", colorScheme: "light", width: 1440, height: 1080, prepare: note },
  { name: "phone", colorScheme: "light", width: 390, height: 860, prepare: askOnce },
];

/** `npm run screenshots`: takes the pictures of docs/screenshots anew, of the built page with the model in the repository. */
async function takeScreenshots(_: readonly string[], output: Output): Promise<void> {
  const folder = join(root, "docs/screenshots");
  mkdirSync(folder, { recursive: true });
  const configFile = join(root, "vite.config.ts");
  await build({ root, configFile, logLevel: "warn" });
  const server = await preview({ root, configFile, logLevel: "warn", preview: { port: 0, host: "127.0.0.1" } });
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags] });
  try {
    for (const { name, colorScheme, width, height, prepare } of shots) {
      const viewport = { width, height };
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(server.resolvedUrls?.local[0] ?? "");
      await page.getByText("Model ready").waitFor({ timeout: 120_000 });
      await prepare(page);
      await page.screenshot({ path: join(folder, `${name}.png`) });
      await context.close();
      output.print(`docs/screenshots/${name}.png`);
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

async function start(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "Question" }).blur();
}

/** Questions from memory, as of a moment and about a range of one sample. */
async function work(page: Page): Promise<void> {
  await watch(page, "Here and gone");
  await ask(page, "Which object appears?");
  const timeline = page.getByRole("slider", { name: "Timeline" });
  await timeline.press("Home");
  await timeline.press("ArrowRight");
  await page.getByRole("textbox", { name: "Question" }).fill("Which objects are there?");
  await page.getByRole("button", { name: /^Ask as of/ }).click();
  await answered(page, 2);
  await ask(page, "What is the background color?");
}

/** Scenes with their notes, and a pinned question. */
async function note(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sample: Cuts and moves" }).click();
  await page.getByRole("textbox", { name: "Question" }).fill("How does the camera move?");
  await page.getByRole("button", { name: "Pin question" }).click();
  await watchedToTheEnd(page);
  await ask(page, "Count the shots.");
  await page.getByRole("list", { name: "Notes" }).getByRole("listitem").nth(1).waitFor();
}

async function askOnce(page: Page): Promise<void> {
  await watch(page, "How many?");
  await ask(page, "How many bicycles are there?");
}

async function watch(page: Page, sample: string): Promise<void> {
  await page.getByRole("button", { name: `Sample: ${sample}` }).click();
  await watchedToTheEnd(page);
}

async function watchedToTheEnd(page: Page): Promise<void> {
  await page.locator('[role=progressbar][aria-valuenow="100"]').waitFor({ timeout: 120_000 });
}

async function ask(page: Page, question: string): Promise<void> {
  const before = await page.getByRole("article").count();
  await page.getByRole("textbox", { name: "Question" }).fill(question);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await answered(page, before + 1);
}

async function answered(page: Page, count: number): Promise<void> {
  const turn = page.getByRole("article").nth(count - 1);
  await turn.and(page.locator('[data-status="done"]')).waitFor({ timeout: 120_000 });
}

void runTool(import.meta, takeScreenshots);
