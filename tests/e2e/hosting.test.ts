import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { servePlainly } from "../../tools/chaos/server.ts";
import { questionOf, reference } from "../sample-answers.ts";
import { ask, watchedToTheEnd } from "./app.ts";

/** Opens the page, watches a sample and asks; all that was asked for must lie below the path. */
async function serves(page: Page, folder: string, path: string, headers: Readonly<Record<string, string>>) {
  const server = await servePlainly(folder, { path, headers });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  try {
    await page.goto(server.url);
    await expect(page.getByText("Model ready")).toBeVisible({ timeout: 150_000 });
    await page.getByRole("button", { name: "Sample: One object" }).click();
    await watchedToTheEnd(page);
    const question = questionOf("one-object.mp4", "motion");
    expect(await ask(page, question)).toBe(reference("one-object.mp4", question));
    expect(server.asked.filter((asked) => !asked.startsWith(path) && asked !== "/favicon.ico")).toEqual([]);
    expect(errors).toEqual([]);
  } finally {
    await server.close();
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
