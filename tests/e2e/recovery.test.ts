import type { Page } from "@playwright/test";
import { ask, choose, expect, test, turns, watchedToTheEnd, watchingBar } from "./app.ts";

/** How often a tab is killed; any number may be asked for. */
const kills = Number(process.env.TAB_KILLS ?? 1);

/** When a session last saved itself, in milliseconds since 1970; 0 where none has. */
const savedAt = `(async () => {
  const root = await navigator.storage.getDirectory();
  let newest = 0;
  const folders = [root];
  while (folders.length > 0)
    for await (const entry of folders.pop().values()) {
      if (entry.kind === "directory") folders.push(entry);
      else newest = Math.max(newest, (await entry.getFile()).lastModified);
    }
  return newest;
})()`;

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
  await expect.poll(() => page.evaluate(savedAt)).toBeGreaterThan(answeredAt);
  let seen = 0;
  for (let time = 0; time < kills; time++) {
    await page.waitForTimeout(Math.random() * 3000);
    await kill(page);
    page = await context.newPage();
    await page.goto("/");
    await page.getByRole("button", { name: "Restore forty-seconds.mp4" }).click();
    await expect(turns(page).first().locator(".answer")).toHaveText(answer);
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
