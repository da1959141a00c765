import { createReadStream, existsSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, normalize, resolve } from "node:path";
import { chromium, type Download, type Page } from "playwright";
import { createServer, type ViteDevServer } from "vite";
import { isUrl, knownFile } from "./arguments.ts";
import { chromiumFlags, findChromium } from "./chromium.ts";
import type { Command, Commands } from "./page/main.ts";
import { ToolError } from "./run-tool.ts";

const root = resolve(import.meta.dirname, "..");

/** Path below which the page finds folders of this machine. */
const folderRoute = "/local-models";

/** What a command answers. */
type Outcome<C extends Command> = Awaited<ReturnType<Commands[C]>>;

/** A headless browser on the tools' page. */
export type Host = {
  readonly page: Page;
  /** Address under which the page finds a model: a folder of this machine, which is served from then on, or a URL. */
  modelAddress(model: string): string;
  /** Runs a command of the page on files of this machine. @throws ToolError with the page's own error */
  run<C extends Command>(
    command: C,
    options: Parameters<Commands[C]>[0],
    files?: readonly string[],
  ): Promise<Outcome<C>>;
  /** Runs a command that downloads a file, and saves the file; resolves with what the command answers. */
  download<C extends Command>(
    path: string,
    command: C,
    options: Parameters<Commands[C]>[0],
    files?: readonly string[],
  ): Promise<Outcome<C>>;
  close(): Promise<void>;
};

/**
 * Starts the page's server and a browser.
 *
 * @param flags of the browser's command line, besides the usual ones
 */
export async function openHost(flags: readonly string[] = []): Promise<Host> {
  const folders: string[] = [];
  const launching = chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags, ...flags] });
  const serving = startServer(folders);
  const close = async () => {
    const [browser, server] = await Promise.allSettled([launching, serving]);
    if (browser.status === "fulfilled") await browser.value.close();
    if (server.status === "fulfilled") await server.value.close();
  };
  try {
    const [browser, server] = await Promise.all([launching, serving]);
    const page = await browser.newPage();
    const failed = new Promise<never>((_, reject) => page.once("pageerror", (error) => reject(error)));
    failed.catch(() => undefined); // after the start, commands report their own errors
    await page.goto(`${server.resolvedUrls?.local[0]}tools/page/index.html`);
    await Promise.race([page.waitForFunction(() => "runCommand" in window, null, { timeout: 0 }), failed]);
    return {
      page,
      modelAddress: (model) => (isUrl(model) ? model : `${folderRoute}/${indexOf(folders, resolve(model))}/`),
      run: (command, options, files = []) => runCommand(page, command, options, files),
      download: (path, command, options, files = []) =>
        saveDownload(page, path, () => runCommand(page, command, options, files)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Place of a value in a list, to which it is added where it is not there. */
function indexOf(list: string[], value: string): number {
  const found = list.indexOf(value);
  return found < 0 ? list.push(value) - 1 : found;
}

async function runCommand<C extends Command>(
  page: Page,
  command: C,
  options: Parameters<Commands[C]>[0],
  files: readonly string[],
): Promise<Outcome<C>> {
  await page.setInputFiles(
    "#files",
    files.map((path) => knownFile(path)),
  );
  const result = await page.evaluate(
    ([name, given]) =>
      (window as unknown as { runCommand(name: unknown, options: unknown): Promise<unknown> }).runCommand(name, given),
    [command, options] as const,
  );
  const answer = result as { value: Outcome<C> } | { error: { code: string; message: string; cause: string | null } };
  if ("error" in answer)
    throw new ToolError(`${answer.error.code}: ${answer.error.message}`, { cause: answer.error.cause });
  return answer.value;
}

/** Saves the file that a task downloads. */
async function saveDownload<T>(page: Page, path: string, task: () => Promise<T>): Promise<T> {
  const downloads: Download[] = [];
  const listen = (download: Download) => downloads.push(download);
  page.on("download", listen);
  try {
    const result = await task();
    const [first = await page.waitForEvent("download")] = downloads;
    await first.saveAs(path);
    return result;
  } finally {
    page.off("download", listen);
  }
}

/** Serves the repository, and under `folderRoute` the folders of the list, each by its place in it. */
async function startServer(folders: readonly string[]): Promise<ViteDevServer> {
  const server = await createServer({
    root,
    configFile: join(root, "vite.config.ts"),
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1", hmr: false, watch: null },
    plugins: [
      {
        name: "local-models",
        configureServer: ({ middlewares }) => {
          middlewares.use(folderRoute, (request, response) => {
            const [, place, path = "/"] = /^\/(\d+)(\/[^?]*)/.exec(request.url ?? "") ?? [];
            serveFile(folders[Number(place)] ?? null, decodeURIComponent(path), request, response);
          });
        },
      },
    ],
  });
  return await server.listen();
}

/** Serves one file of a folder, or a range of it. */
function serveFile(folder: string | null, name: string, request: IncomingMessage, response: ServerResponse): void {
  const path = join(folder ?? "", normalize(name));
  if (folder === null || !path.startsWith(folder) || !existsSync(path) || !statSync(path).isFile()) {
    response.writeHead(404).end();
    return;
  }
  const { size } = statSync(path);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  response.writeHead(range ? 206 : 200, {
    "content-length": Math.max(0, end - start + 1),
    "accept-ranges": "bytes",
    ...(range ? { "content-range": `bytes ${start}-${end}/${size}` } : {}),
  });
  if (size === 0) response.end();
  else createReadStream(path, { start, end }).pipe(response);
}
