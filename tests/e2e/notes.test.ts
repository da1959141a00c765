import { expect, savedAt, test, watchedToTheEnd } from "./app.ts";

test("scenes are noted, a question is pinned; notes are searched, edited, exported", async ({ app }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: Cuts and moves" }).click();
  await app.getByRole("textbox", { name: "Question" }).fill("What do you see?");
  await app.getByRole("button", { name: "Pin question" }).click();
  await watchedToTheEnd(app);
  const standing = app.getByRole("list", { name: "Standing questions" });
  await expect(standing).toContainText("What do you see?");
  await expect(standing.getByRole("listitem").filter({ hasText: /0:0/ }).first()).toBeVisible();

  const scenes = app.getByRole("list", { name: "Scenes" }).getByRole("listitem");
  await expect(scenes.nth(1)).toBeVisible();
  const notes = app.getByRole("list", { name: "Notes" });
  await expect(notes.getByRole("listitem").nth(1)).toBeVisible();
  await expect(
    app
      .getByRole("list", { name: "Marks" })
      .getByRole("button", { name: /^Note at 0:0/ })
      .first(),
  ).toBeVisible();

  const second = notes.getByRole("listitem").nth(1);
  const clock = (await second.getByRole("button").first().textContent()) ?? "";
  await second.getByRole("button", { name: `Edit the note at ${clock}` }).click();
  await app.getByRole("textbox", { name: `Note at ${clock}` }).fill("A zebra in the rain.");
  const editedAt = Date.now();
  await app.keyboard.press("Enter");
  await expect(second).toContainText("A zebra in the rain.");
  await app.getByRole("searchbox", { name: "Search the notes" }).fill("ZEBRA");
  await expect(notes.getByRole("listitem")).toHaveCount(1);
  await notes.getByRole("button", { name: clock, exact: true }).click();
  const timeline = app.getByRole("slider", { name: "Timeline" });
  await expect(timeline).toHaveAttribute("aria-valuetext", new RegExp(`^${clock} of`));

  const download = app.waitForEvent("download");
  await app.getByRole("button", { name: "Save notes as WebVTT" }).click();
  const stream = await (await download).createReadStream();
  let text = "";
  for await (const chunk of stream) text += chunk;
  expect(text).toMatch(/^WEBVTT\n/);
  expect(text).toContain("A zebra in the rain.");

  // All of it is there on the next visit.
  await expect.poll(() => savedAt(app)).toBeGreaterThan(editedAt);
  await app.reload();
  await app.getByRole("button", { name: /^Restore / }).click();
  await expect(second).toContainText("A zebra in the rain.");
  await standing.getByRole("button", { name: "Unpin “What do you see?”" }).click();
  await expect(standing).toHaveCount(0);
});
