import { createReadStream, existsSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, normalize, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { createServer, type ViteDevServer } from "vite";
import { chromiumFlags, findChromium } from "./chromium.ts";
import type { Command, Commands } from "./page/main.ts";
import { ToolError } from "./run-tool.ts";

const root = resolve(import.meta.dirname, "..");

/** What a command answers. */
type Outcome<C extends Command> = Awaited<ReturnType<Commands[C]>>;

/** A headless browser on the tools' page. */
export type Host = {
  readonly page: Page;
  /** Runs a command of the page on files of this machine. @throws ToolError with the page's own error */
  run<C extends Command>(
    command: C,
    options: Parameters<Commands[C]>[0],
    files?: readonly string[],
  ): Promise<Outcome<C>>;
  close(): Promise<void>;
};

/** Address under which the page finds the model that `open` serves. */
export function modelAddress(model: string): string {
  return isUrl(model) ? model : "/local-model/";
}

/** Whether a command-line argument is an address rather than a path. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

/** Starts the page's server and a browser. `model` is a folder or a URL. */
export async function openHost(model: string): Promise<Host> {
  if (!isUrl(model) && !existsSync(model)) throw new ToolError(`ModelNotFound: There is no model folder ${model}.`);
  const server = await startServer(isUrl(model) ? null : resolve(model));
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags] });
  try {
    const page = await browser.newPage();
    const failed = new Promise<never>((_, reject) => page.once("pageerror", (error) => reject(error)));
    failed.catch(() => undefined); // after the start, commands report their own errors
    await page.goto(`${server.resolvedUrls?.local[0]}tools/page/index.html`);
    await Promise.race([page.waitForFunction(() => "runCommand" in window, null, { timeout: 0 }), failed]);
    return {
      page,
      run: (command, options, files = []) => runCommand(page, command, options, files),
      close: () => close(browser, server),
    };
  } catch (error) {
    await close(browser, server);
    throw error;
  }
}

async function close(browser: Browser, server: ViteDevServer): Promise<void> {
  await browser.close();
  await server.close();
}

async function runCommand<C extends Command>(
  page: Page,
  command: C,
  options: Parameters<Commands[C]>[0],
  files: readonly string[],
): Promise<Outcome<C>> {
  for (const file of files) if (!existsSync(file)) throw new ToolError(`VideoUnreadable: There is no file ${file}.`);
  await page.setInputFiles("#files", [...files]);
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

async function startServer(modelFolder: string | null): Promise<ViteDevServer> {
  const server = await createServer({
    root,
    configFile: join(root, "vite.config.ts"),
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1", hmr: false, watch: null },
    plugins: [
      {
        name: "local-model",
        configureServer: ({ middlewares }) => {
          if (modelFolder)
            middlewares.use("/local-model", (request, response) => serveFile(modelFolder, request, response));
        },
      },
    ],
  });
  return await server.listen();
}

/** Serves one file of a folder, or a range of it. */
function serveFile(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const path = join(folder, normalize(decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/")));
  if (!path.startsWith(folder) || !existsSync(path) || !statSync(path).isFile()) {
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
