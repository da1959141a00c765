import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright";
import { chromiumFlags, findChromium } from "../chromium.ts";
import { type PlainServer, servePlainly } from "./server.ts";

/** Chromium gives no GPU to pages after it crashed a few times; here it crashes on purpose. */
const crashFlags = ["--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis"];

/** The camera is a drawn one, and who is asked for it or for the screen gives it: a picker that nobody answers takes all clicks. */
const captureFlags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** What a page says of its own accord when an answer does not come; it is no error of ours. */
const network = /Failed to load resource|net::ERR_|ERR_CONNECTION|status of 503/;

/** What the worker was made to throw. */
export const thrownOnPurpose = "thrown on purpose";

/** Sessions that saved themselves, by their folder: whether one of its files is whole. */
export type SavedSessions = ReadonlyMap<string, boolean>;

/** The page, what it runs in, and what it did wrong so far. */
export type World = {
  readonly browser: Browser;
  readonly server: PlainServer;
  page: Page;
  protocol: CDPSession;
  /** Whether the page's process was killed. */
  crashed: boolean;
  /** The memory file that was saved last in this sequence. */
  memoryFile: { readonly content: Buffer<ArrayBuffer> } | null;
  /** The sessions that had saved themselves when the tab was killed. */
  savedBeforeKill: SavedSessions | null;
  /** Errors that nobody caught, errors on the console, requests to others. */
  readonly faults: string[];
  /** Opens the page anew, in a new tab where the old one's process is gone. */
  reopen(): Promise<void>;
  close(): Promise<void>;
};

/** Starts a browser on the built page. @param folder what `npm run build` made */
export async function openWorld(folder: string): Promise<World> {
  const server = await servePlainly(folder);
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [...chromiumFlags, ...crashFlags, ...captureFlags],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.route(/^https:/, (route) => route.abort());
  const faults: string[] = [];
  browser.on("disconnected", () => faults.push("the browser ended"));
  const opened = await openPage(context, faults);
  const world: World = {
    browser,
    server,
    ...opened,
    crashed: false,
    memoryFile: null,
    savedBeforeKill: null,
    faults,
    async reopen() {
      const old = world.page;
      Object.assign(world, await openPage(context, faults), { crashed: false });
      await old.close().catch(() => undefined);
      await world.page.goto(server.url);
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
  await world.page.goto(server.url);
  return world;
}

async function openPage(context: BrowserContext, faults: string[]): Promise<{ page: Page; protocol: CDPSession }> {
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    if (!String(error).includes(thrownOnPurpose)) faults.push(`nobody caught: ${error.stack ?? error}`);
  });
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !network.test(text) && !text.includes(thrownOnPurpose))
      faults.push(`on the console: ${text}`);
  });
  page.on("dialog", (dialog) => void dialog.dismiss());
  return { page, protocol: await context.newCDPSession(page) };
}
