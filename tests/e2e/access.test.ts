import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { ask, choose, expect, test, turns, watchedToTheEnd } from "./app.ts";

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

/** Goes on by Tab until an element has the focus, as somebody without a mouse has to. */
async function tabTo(page: Page, wanted: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let stop = 0; stop < 120; stop++) {
    if (await wanted.evaluateAll((found) => found.includes(document.activeElement as HTMLElement))) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${wanted} is not reached by ${key}`);
}

test("by keys alone: settings, a video, questions, the timeline, a note, a memory saved and opened", async ({
  app,
}) => {
  const { keyboard } = app;
  const button = (name: string | RegExp) => app.getByRole("button", { name, exact: true });
  const box = app.getByRole("textbox", { name: "Question" });
  const press = async (wanted: Locator, key = "Enter") => {
    await tabTo(app, wanted);
    await keyboard.press(key);
  };
  const fill = async (wanted: Locator, text: string) => {
    await tabTo(app, wanted);
    await keyboard.press("Control+A");
    await keyboard.type(text);
  };
  await app.goto("/");
  await press(button("Settings"));
  const settings = app.getByRole("dialog", { name: "Settings" });
  await fill(settings.getByRole("spinbutton", { name: "Frames a second" }), "1");
  await fill(settings.getByRole("spinbutton", { name: "Longest answer, in tokens" }), "2");
  await fill(settings.getByRole("spinbutton", { name: "Temperature" }), "7");
  await expect(settings.getByText("A number from 0 to 2.")).toBeVisible();
  await press(settings.getByRole("radio", { name: "As the system" }), "ArrowDown");
  await expect(app.locator("html")).toHaveCSS("color-scheme", "light");
  await keyboard.press("Escape");
  await expect(button("Settings")).toBeFocused();
  await app.reload();
  await expect(app.locator("html")).toHaveCSS("color-scheme", "light");

  const chooser = app.waitForEvent("filechooser");
  await press(app.getByLabel("Choose a video"));
  await (await chooser).setFiles("public/samples/one-object.mp4");
  await watchedToTheEnd(app);
  await expect(app.getByRole("option")).toHaveCount(4);
  await expect(box).toBeFocused();
  await keyboard.type("What do you see?");
  await keyboard.press("Enter");
  await expect(turns(app).first()).toHaveAttribute("data-status", "done");
  expect(((await turns(app).first().locator(".answer").textContent()) ?? "").split(" ").length).toBeLessThanOrEqual(2);
  await expect(box).toBeFocused();

  const timeline = app.getByRole("slider", { name: "Timeline" });
  await tabTo(app, timeline, "Shift+Tab");
  await keyboard.press("End");
  await keyboard.press("ArrowLeft");
  await keyboard.press("Shift+ArrowLeft");
  await expect(timeline).toHaveAttribute("aria-valuenow", "2");
  await expect(button("Look again 0:02 to 0:03")).toBeVisible();
  await tabTo(app, button("Clear the range"), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(button("Ask as of 0:02")).toBeFocused();
  await keyboard.press("Enter");
  await expect(box).toBeFocused();
  await keyboard.type("What do you see?");
  await keyboard.press("Enter");
  await expect(turns(app).last()).toContainText("as of 0:02 · after 3 frames");

  const note = app.getByRole("list", { name: "Notes" }).getByRole("listitem");
  await expect(note).toHaveCount(1);
  await press(note.getByRole("button", { name: "0:00", exact: true }));
  await expect(timeline).toHaveAttribute("aria-valuenow", "0");
  await press(button("Edit the note at 0:00"));
  await keyboard.press("Control+A");
  await keyboard.type("Mine.");
  await keyboard.press("Enter");
  await expect(note).toContainText("Mine.");
  await expect(button("Edit the note at 0:00")).toBeFocused();

  const saved = app.waitForEvent("download");
  await press(button("Save memory"));
  const memory = await (await saved).path();
  const exported = app.waitForEvent("download");
  await press(button("Export"));
  expect((await exported).suggestedFilename()).toBe("one-object.md");
  await press(button("Regenerate").last());
  await expect(turns(app).last()).toContainText("Another answer");
  await expect(turns(app).last()).toHaveAttribute("data-status", "done");
  await press(button("Details"));
  await expect(app.getByRole("dialog", { name: "Details" })).toBeVisible();
  await keyboard.press("Escape");
  await expect(button("Details")).toBeFocused();
  const opener = app.waitForEvent("filechooser");
  await press(app.getByLabel("Open memory"));
  await (await opener).setFiles(memory);
  await expect(turns(app)).toHaveCount(2);
  await expect(note).toContainText("Mine.");

  // What was set holds for the next video: without notes there are none.
  await press(button("Settings"));
  await press(settings.getByRole("checkbox", { name: "Take notes while watching" }), "Space");
  await keyboard.press("Escape");
  const another = app.waitForEvent("filechooser");
  await press(app.getByLabel("Choose a video"));
  await (await another).setFiles("public/samples/counting.mp4");
  await expect(app.getByRole("list", { name: "Files" }).getByRole("listitem")).toHaveCount(2);
  await watchedToTheEnd(app);
  await expect(turns(app)).toHaveCount(2);
  await ask(app, "What do you see?");
  await expect(note).toHaveCount(1);
});
