import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { servePlainly } from "../chaos/server.ts";
import { chromiumFlags, findChromium } from "../chromium.ts";
import { recordTasks } from "./tasks.ts";

/** The built page in a browser, isolated, so that the browser tells its memory and that of its workers. */
export type DayPage = { readonly browser: Browser; readonly page: Page; close(): Promise<void> };

/** What the settings are set to, as the page keeps them. */
export type DaySettings = { readonly fps: number; readonly keepGib: number };

const patience = { timeout: 120_000 };

/** @param folder what `npm run build` made */
export async function openDayPage(folder: string, settings: DaySettings): Promise<DayPage> {
  const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
  const server = await servePlainly(folder, { headers: isolated });
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.addInitScript((kept) => localStorage.setItem("auroralong.settings", kept), JSON.stringify(settings));
  await recordTasks(page);
  await page.goto(server.url);
  return {
    browser,
    page,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Builds the page into a folder. */
export function buildInto(folder: string): string {
  const root = resolve(import.meta.dirname, "../..");
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const built = ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
  execFileSync(process.execPath, [vite, ...built], { cwd: root, stdio: ["ignore", 2, 2] });
  return folder;
}

/** Loads a model folder of this machine, as a person does. */
export async function loadFolder(page: Page, folder: string): Promise<void> {
  await page.getByText("Model ready").waitFor(patience);
  await page.getByRole("button", { name: /^Model: / }).click();
  await page.getByLabel("Choose a folder").setInputFiles(resolve(folder));
  await page.getByRole("dialog").getByRole("button", { name: /^Load/ }).click(patience);
  const used = page.getByRole("dialog").getByRole("region", { name: "In use" });
  await used.filter({ hasNotText: "nano-v6" }).waitFor(patience);
  await page.keyboard.press("Escape");
}

/** Gives the page a video to watch, with a question pinned. */
export async function watchClip(page: Page, clip: string): Promise<void> {
  await page.getByLabel("Choose a video").first().setInputFiles(join(clip));
  await page.getByRole("textbox", { name: "Question" }).fill("What do you see?", patience);
  await page.getByRole("button", { name: "Pin question" }).click(patience);
}

/** Waits until so many frames were watched. */
export async function watchedFrames(page: Page, frames: number): Promise<number> {
  const read = () =>
    page.evaluate(() => {
      const bar = document.querySelector('[role="progressbar"][aria-label="Watching video"]');
      const done = bar?.getAttribute("aria-valuenow") === "100";
      const words = bar?.getAttribute("aria-valuetext") ?? "";
      const alert = document.querySelector(".watch .error-note")?.textContent ?? null;
      return { done, frames: Number((/^[\d,]+/.exec(words)?.[0] ?? "0").replaceAll(",", "")), alert };
    });
  for (let now = await read(); ; now = await read()) {
    if (now.alert) throw new Error(`watching ended: ${now.alert}`);
    if (now.done || now.frames >= frames) return now.frames;
    await page.waitForTimeout(1000);
  }
}
