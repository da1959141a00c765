import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ask, choose, expect, test, watchedToTheEnd } from "./app.ts";

/** What axe finds, as far as one needs to mend it. */
async function violations(page: Page): Promise<readonly string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
  );
}

/** Axe finds nothing, by day and by night, on a phone and on a wide screen; and nothing is wider than the phone. */
async function checkEverywhere(page: Page, what: string): Promise<void> {
  for (const width of [1440, 390])
    for (const colorScheme of ["light", "dark"] as const)
      await test.step(`${what}, ${colorScheme}, ${width}`, async () => {
        await page.setViewportSize({ width, height: 860 });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      });
}

test("axe finds nothing on any of the page's faces", async ({ app }) => {
  await app.goto("/");
  await expect(app.getByText("Model ready")).toBeVisible();
  await checkEverywhere(app, "landing");
  await choose(app, "public/samples/one-object.mp4", "public/samples/counting.mp4");
  await watchedToTheEnd(app);
  await ask(app, "What do you see?");
  await expect(app.getByRole("region", { name: "Models for real footage" })).toBeVisible();
  const timeline = app.getByRole("slider", { name: "Timeline" });
  await timeline.press("Home");
  await timeline.press("Shift+PageUp");
  await app.getByRole("button", { name: "Edit and ask again" }).click();
  await checkEverywhere(app, "workspace");
  for (const name of ["Settings", "Details"]) {
    await app.getByRole("button", { name, exact: true }).click();
    await expect(app.getByRole("dialog", { name })).toBeVisible();
    await checkEverywhere(app, name);
    await app.keyboard.press("Escape");
  }
});

test("settings: by key, kept from one visit to the next, and in force", async ({ app }) => {
  await app.goto("/");
  const open = app.getByRole("button", { name: "Settings", exact: true });
  await open.press("Enter");
  const settings = app.getByRole("dialog", { name: "Settings" });
  await settings.getByRole("spinbutton", { name: "Frames a second" }).fill("1");
  await settings.getByRole("spinbutton", { name: "Longest answer, in tokens" }).fill("2");
  await settings.getByRole("spinbutton", { name: "Temperature" }).fill("7");
  await expect(settings.getByText("A number from 0 to 2.")).toBeVisible();
  await settings.getByText("Light", { exact: true }).click();
  await expect(app.locator("html")).toHaveCSS("color-scheme", "light");
  await app.keyboard.press("Escape");
  await expect(open).toBeFocused();
  await app.reload();
  await expect(app.locator("html")).toHaveCSS("color-scheme", "light");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await watchedToTheEnd(app);
  await expect(app.getByRole("option")).toHaveCount(4);
  expect((await ask(app, "What do you see?")).split(" ").length).toBeLessThanOrEqual(2);

  const download = app.waitForEvent("download");
  await app.getByRole("button", { name: "Export" }).click();
  expect((await download).suggestedFilename()).toBe("One-object.md");
  await app.getByRole("button", { name: "Regenerate" }).click();
  await expect(app.getByRole("article").last()).toContainText("Another answer");
});
