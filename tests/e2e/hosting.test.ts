import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, sep } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { questionOf, reference } from "../sample-answers.ts";
import { ask, watchedToTheEnd } from "./app.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

/** The plainest of servers: files below one path, their types, no ranges, and only the headers that it is given. */
class PlainServer {
  readonly asked: string[] = [];
  readonly #server: Server;

  constructor(folder: string, path: string, headers: Readonly<Record<string, string>>) {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    );
    const files = new Map(names.map((name) => [`${path}${name.split(sep).join("/")}`, join(folder, name)]));
    this.#server = createServer((request, response) => {
      const asked = decodeURI((request.url ?? "").split("?")[0] ?? "");
      this.asked.push(asked);
      const file = files.get(asked.endsWith("/") ? `${asked}index.html` : asked);
      if (!file) return response.writeHead(404).end();
      const bytes = readFileSync(file);
      const type = types[extname(file)];
      response.writeHead(200, { "content-length": bytes.length, ...(type && { "content-type": type }), ...headers });
      return response.end(bytes);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Opens the page, watches a sample and asks; all that was asked for must lie below the path. */
async function serves(page: Page, folder: string, path: string, headers: Readonly<Record<string, string>>) {
  const server = new PlainServer(folder, path, headers);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  try {
    await page.goto(`${await server.start()}${encodeURI(path)}`);
    await page.getByRole("button", { name: "Sample: One object" }).click();
    await watchedToTheEnd(page);
    const question = questionOf("one-object.mp4", "motion");
    expect(await ask(page, question)).toBe(reference("one-object.mp4", question));
    expect(server.asked.filter((asked) => !asked.startsWith(path) && asked !== "/favicon.ico")).toEqual([]);
    expect(errors).toEqual([]);
  } finally {
    server.close();
  }
}

test("the build works below any path, without a header", async ({ page }) => {
  await serves(page, "dist", "/a deep/er.path/v1/", {});
});

test("the build works under cross-origin isolation", async ({ page }) => {
  await serves(page, "dist", "/", {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  });
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test("a build for one path works there", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "aurora-base-"));
  try {
    const vite = join("node_modules", "vite", "bin", "vite.js");
    const options = ["--base", "/aurora/", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
    execFileSync(process.execPath, [vite, "build", ...options], { stdio: ["ignore", 2, 2] });
    expect(readFileSync(join(folder, "index.html"), "utf8")).toMatch(/src="\/aurora\/assets\//);
    await serves(page, folder, "/aurora/", {});
  } finally {
    rmSync(folder, { recursive: true });
  }
});
