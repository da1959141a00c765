import { mkdirSync } from "node:fs";
import { chromium, type Page } from "playwright";
import { build, preview } from "vite";
import { chromiumFlags, findChromium } from "./tools/chromium.ts";
const out = "/tmp/shots";
mkdirSync(out, { recursive: true });
await build({ configFile: "vite.config.ts", logLevel: "warn", build: { outDir: "/tmp/shots-built", emptyOutDir: true } });
const server = await preview({ configFile: "vite.config.ts", logLevel: "warn", build: { outDir: "/tmp/shots-built" }, preview: { port: 0, host: "127.0.0.1" } });
const browser = await chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags] });
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, reducedMotion: "reduce" });
page.setDefaultTimeout(120_000);
async function shoot(name: string, only?: readonly string[]) {
  for (const [w, scheme] of [[1440, "light"], [390, "dark"], [1440, "dark"], [390, "light"]] as const) {
    const key = `${w}-${scheme}`;
    if (only && !only.includes(key)) continue;
    await page.setViewportSize({ width: w, height: w === 390 ? 844 : 1000 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${out}/${name}-${key}.png`, fullPage: w === 390 });
  }
  await page.setViewportSize({ width: 1440, height: 1000 });
  console.log(name);
}
const done = () => page.locator('[role=progressbar][aria-label="Watching video"][aria-valuenow="100"]').waitFor({ state: "attached" });
const answered = async (n: number) => page.getByRole("article").nth(n - 1).and(page.locator('[data-status="done"]')).waitFor();
async function ask(p: Page, q: string, n: number) {
  await p.getByRole("textbox", { name: "Question" }).fill(q);
  await p.getByRole("button", { name: "Ask", exact: true }).click();
  await answered(n);
}
await page.goto(server.resolvedUrls?.local[0] ?? "");
await page.getByText("Model ready").waitFor();
await shoot("landing", ["1440-light", "390-dark"]);
await page.getByLabel("Choose a video").first().setInputFiles("public/samples/footage.mp4");
await done();
await ask(page, "What do you see?", 1);
await page.getByRole("button", { name: "Regenerate" }).last().click();
await answered(2);
await page.getByRole("button", { name: "Edit and ask again" }).last().click();
await page.getByRole("textbox", { name: "Question" }).fill("Is there a dog?");
await page.getByRole("button", { name: "Ask", exact: true }).click();
await answered(3);
await shoot("beside", ["1440-light", "390-dark"]);
const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save memory" }).click()]);
const path = await download.path();
const { readFileSync } = await import("node:fs");
await page.getByLabel("Open memory").first().setInputFiles({ name: "a.aurora", mimeType: "application/octet-stream", buffer: readFileSync(path) });
await page.waitForTimeout(1500);
await page.getByLabel("Choose a video").first().setInputFiles("public/samples/counting.mp4");
await done();
await page.getByRole("slider", { name: "Timeline" }).press("Home");
await shoot("next-part", ["1440-dark", "390-light"]);
await page.reload();
await page.getByText("Model ready").waitFor();
await page.waitForTimeout(1500);
await shoot("restore", ["1440-light", "390-light"]);
await page.getByRole("button", { name: "Sample: Cuts and moves" }).click();
await page.getByRole("textbox", { name: "Question" }).fill("How does the camera move?");
await page.getByRole("button", { name: "Pin question" }).click();
await done();
await ask(page, "Count the shots.", 1);
await page.getByRole("list", { name: "Notes" }).getByRole("listitem").nth(1).waitFor();
await shoot("notes", ["1440-dark", "390-light"]);
await page.getByRole("button", { name: "Settings", exact: true }).click();
await shoot("settings", ["1440-light", "390-dark"]);
await browser.close();
await server.close();
