import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright";
import { build, type PreviewServer, preview } from "vite";
import type { AnswerFigures } from "../src/session/types.ts";
import { chromiumFlags, findChromium } from "./chromium.ts";
import { scriptBytes } from "./first-visit.ts";

const root = resolve(import.meta.dirname, "..");

/** What a visit to the page cost. */
export type Visit = {
  /** From the navigation until the model was ready. */
  readonly readyMs: number;
  /** The same moment in Unix time, ms. */
  readonly readyAt: number;
  /** Frames of the video over the time that watching took, as the session tells. */
  readonly framesPerSecond: number;
  /** After the first token, one for each answer. */
  readonly tokensPerSecond: readonly number[];
  /** Longest task of the page's own thread, from the choice of the video on; those up to 50 ms are not told of. */
  readonly longestTaskMs: number;
  readonly longTasks: number;
};

/** The page as it is built, from a server and in a browser of its own, whose cache stays warm from visit to visit. */
export type BuiltPage = {
  /** Bytes of JavaScript, compressed, that the first visit loaded until the model was ready; onnxruntime's own are not counted. */
  readonly scriptBytes: number;
  /** Opens it; with a video it is watched to its end, and the questions are asked one after the other. */
  visit(video?: { readonly path: string; readonly questions: readonly string[] }): Promise<Visit>;
  close(): Promise<void>;
};

/** Builds the page, serves it, and visits it once. */
export async function openBuiltPage(): Promise<BuiltPage> {
  const folder = mkdtempSync(join(tmpdir(), "aurora-built-"));
  const profile = mkdtempSync(join(tmpdir(), "aurora-profile-"));
  const opened: { close(): Promise<unknown> }[] = [];
  const close = async () => {
    await Promise.allSettled(opened.map((each) => each.close()));
    for (const path of [folder, profile]) rmSync(path, { recursive: true, force: true });
  };
  try {
    await build({ root, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
    const server = await preview({
      root,
      logLevel: "error",
      build: { outDir: folder },
      preview: { port: 0, host: "127.0.0.1" },
    });
    opened.push(server);
    // Not each visit fills the cache of the next one's offline copy: that would run beside what is measured.
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: findChromium(),
      args: [...chromiumFlags],
      serviceWorkers: "block",
      viewport: { width: 1280, height: 900 },
    });
    opened.unshift(context);
    const asked = listen(server);
    const address = server.resolvedUrls?.local[0] ?? "";
    const open = (video?: { path: string; questions: readonly string[] }) => visit(context, address, video);
    const { readyAt } = await open();
    const before = [...asked].filter(([, at]) => at <= readyAt).map(([path]) => path);
    return { scriptBytes: scriptBytes(folder, before), visit: open, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Paths of the files that are asked for, from now on, and when each was for the first time (Unix time, ms). */
function listen({ httpServer }: PreviewServer): Map<string, number> {
  const asked = new Map<string, number>();
  httpServer.prependListener("request", ({ url = "" }: { url?: string }) => {
    const path = url.split("?")[0]?.slice(1) ?? "";
    if (!asked.has(path)) asked.set(path, Date.now());
  });
  return asked;
}

/** How the page is asked whether it is done: so rarely that it costs nothing. */
const waiting = { timeout: 0, polling: 200 };

async function visit(
  context: BrowserContext,
  address: string,
  video?: { readonly path: string; readonly questions: readonly string[] },
): Promise<Visit> {
  const page = await context.newPage();
  try {
    await page.addInitScript(overhear);
    await page.goto(address);
    await page.waitForFunction(() => (window as unknown as Ears).heard.readyMs !== null, null, waiting);
    if (video) await watchAndAsk(page, video);
    const { readyMs, watched, answers, longTasks } = await page.evaluate(() => (window as unknown as Ears).heard);
    const origin = await page.evaluate(() => performance.timeOrigin);
    return {
      readyMs: readyMs ?? Number.NaN,
      readyAt: origin + (readyMs ?? Number.NaN),
      framesPerSecond: watched ? (watched.framesWatched * 1000) / watched.watchMs : Number.NaN,
      tokensPerSecond: answers.filter(({ tokens }) => tokens > 1).map(({ tokensPerSecond }) => tokensPerSecond),
      longestTaskMs: Math.max(0, ...longTasks),
      longTasks: longTasks.length,
    };
  } finally {
    await page.close();
  }
}

async function watchAndAsk(page: Page, { path, questions }: { path: string; questions: readonly string[] }) {
  await page.evaluate(() => {
    (window as unknown as Ears).heard.longTasks = [];
  });
  await page.getByLabel("Choose a video").setInputFiles(path);
  await page.waitForFunction(() => (window as unknown as Ears).heard.watched?.status === "done", null, waiting);
  for (const [i, question] of questions.entries()) {
    await page.getByRole("textbox", { name: "Question" }).fill(question);
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.waitForFunction((before) => (window as unknown as Ears).heard.answers.length > before, i, waiting);
  }
}

/** What the page's thread was told by its worker, and how long its own tasks took. */
type Ears = {
  heard: {
    readyMs: number | null;
    watched: { status: string; framesWatched: number; watchMs: number } | null;
    answers: AnswerFigures[];
    longTasks: number[];
  };
};

/** Runs in the page before its own code; names none of its functions, since what tsx makes of those runs in Node only. */
function overhear(): void {
  const heard: Ears["heard"] = { readyMs: null, watched: null, answers: [], longTasks: [] };
  (window as unknown as Ears).heard = heard;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) heard.longTasks.push(duration);
  }).observe({ type: "longtask", buffered: true });
  window.Worker = new Proxy(Worker, {
    construct(target, args) {
      const worker: Worker = Reflect.construct(target, args);
      worker.addEventListener("message", ({ data }) => {
        if (data.type === "opened") heard.readyMs = performance.now();
        if (data.type === "changed") heard.watched = { ...heard.watched, ...data.change.part };
        if (data.type === "answer-end") heard.answers.push(data.figures);
      });
      return worker;
    },
  });
}
