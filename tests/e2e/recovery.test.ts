import type { Page } from "@playwright/test";
import { chromiumFlags, findChromium } from "../../tools/chromium.ts";
import { ask, choose, expect, savedAt, test, turns, watchedToTheEnd, watchingBar } from "./app.ts";

// Chromium gives no GPU to pages after it crashed a few times; here it crashes on purpose.
const crashes = ["--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis"];
test.use({ launchOptions: { executablePath: findChromium(), args: [...chromiumFlags, ...crashes] } });

/** How often a tab is killed; any number may be asked for. */
const kills = Number(process.env.TAB_KILLS ?? 1);

/** Ends a tab as a crash does: nothing in it runs any more. */
async function kill(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await Promise.race([session.send("Page.crash").catch(() => undefined), page.waitForEvent("crash")]);
  await page.close();
}

test("a tab that is killed at any moment offers its session again, whole, and it is watched on", async ({
  app,
  context,
}) => {
  test.setTimeout(60_000 + kills * 120_000);
  let page = app;
  await page.goto("/");
  await choose(page, "tests/fixtures/clips/forty-seconds.mp4");
  await expect(watchingBar(page)).not.toHaveAttribute("aria-valuenow", "0");
  const answer = await ask(page, "What do you see first?");
  const answeredAt = Date.now();
  await expect.poll(() => savedAt(page)).toBeGreaterThan(answeredAt);
  let seen = 0;
  for (let time = 0; time < kills; time++) {
    await page.waitForTimeout(Math.random() * 3000);
    await kill(page);
    page = await context.newPage();
    await page.goto("/");
    await page.getByRole("button", { name: "Restore forty-seconds.mp4" }).click({ timeout: 90_000 });
    await expect(turns(page).first().locator(".answer"), `after ${time + 1} kills`).toHaveText(answer);
    const tokens = await page.getByRole("status", { name: "Memory" }).textContent();
    const now = Number(/([\d,]+) visual tokens/.exec(tokens ?? "")?.[1]?.replace(",", ""));
    expect(now).toBeGreaterThan(0);
    expect(now).toBeGreaterThanOrEqual(seen);
    seen = now;
    await choose(page, "tests/fixtures/clips/forty-seconds.mp4"); // the same video: it is watched on
    await expect(watchingBar(page)).not.toHaveAttribute("aria-valuenow", "0");
  }
  await watchedToTheEnd(page);
  await expect(page.getByRole("status", { name: "Memory" })).toContainText("960 visual tokens");
  await page.close();
});

/** Destroys the device in the middle of what the watching worker has it do. */
async function loseDevice(page: Page): Promise<void> {
  const [worker] = page.workers();
  await worker?.evaluate(
    () =>
      new Promise<void>((done) => {
        const { createCommandEncoder } = GPUDevice.prototype;
        GPUDevice.prototype.createCommandEncoder = function (...args) {
          GPUDevice.prototype.createCommandEncoder = createCommandEncoder;
          const encoder = createCommandEncoder.apply(this, args);
          this.destroy();
          done();
          return encoder;
        };
      }),
  );
}

test("a device lost while watching, and the GPU's process killed in an answer: it goes on from what was seen", async ({
  app,
  browser,
}) => {
  await app.goto("/");
  await choose(app, "tests/fixtures/clips/forty-seconds.mp4");
  await expect(watchingBar(app)).not.toHaveAttribute("aria-valuenow", "0");
  const answer = await ask(app, "What do you see first?");
  const answeredAt = Date.now();
  await expect.poll(() => savedAt(app)).toBeGreaterThan(answeredAt);
  await loseDevice(app);
  await app.getByRole("button", { name: "Reload model" }).click();
  await expect(turns(app).first().locator(".answer")).toHaveText(answer);
  await watchedToTheEnd(app);
  await expect(app.getByRole("status", { name: "Memory" })).toContainText("960 visual tokens");

  await app.getByRole("textbox", { name: "Question" }).fill("What happens?");
  await app.getByRole("button", { name: "Ask", exact: true }).click();
  await (await browser.newBrowserCDPSession()).send("Browser.crashGpuProcess");
  await app.getByRole("button", { name: "Reload model" }).click();
  await expect(turns(app).first().locator(".answer")).toHaveText(answer);
  await expect(app.getByRole("status", { name: "Memory" })).toContainText("960 visual tokens");
  expect(await ask(app, "What do you see first?")).toBe(answer);
});
