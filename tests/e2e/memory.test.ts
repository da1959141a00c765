import { questionOf, reference } from "../sample-answers.ts";
import { ask, bytesOf, choose, expect, test, turns, watchedToTheEnd } from "./app.ts";

test("a memory is saved, opened after a reload without its video, and goes on with the next part", async ({ app }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await watchedToTheEnd(app);
  const question = questionOf("one-object.mp4", "motion");
  const answer = await ask(app, question);
  expect(answer).toBe(reference("one-object.mp4", question));
  const download = app.waitForEvent("download");
  await app.getByRole("button", { name: "Save memory" }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe("One-object.aurora");
  const file = bytesOf(await saved.path());
  expect(file.length).toBeLessThan(1_000_000);

  await app.reload();
  const upload = (name: string, bytes: Uint8Array) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.from(bytes),
  });
  const open = app.getByLabel("Open memory");
  await open.setInputFiles(upload("cut.aurora", file.slice(0, 100_000)));
  await expect(app.getByRole("alert")).toContainText("not a whole memory file");
  await open.setInputFiles(upload("one.aurora", file));
  await expect(app.getByRole("heading", { name: "one-object.mp4" })).toBeVisible();
  await expect(turns(app)).toHaveCount(1); // what was asked before
  expect(await ask(app, question)).toBe(answer);
  await expect(app.getByRole("button", { name: /^Ask as of/ })).toBeVisible();

  await choose(app, "public/samples/counting.mp4");
  await watchedToTheEnd(app);
  await expect(app.getByRole("status", { name: "Memory" })).toContainText("192 visual tokens");
  await expect(turns(app)).toHaveCount(2);

  // Both files lie on the timeline; the player has the second, and of the first there are the frames that were seen.
  const files = app.getByRole("list", { name: "Files" }).getByRole("listitem");
  await expect(files).toHaveText(["one-object.mp4", "counting.mp4"]);
  const player = app.locator("video.player");
  const timeline = app.getByRole("slider", { name: "Timeline" });
  await expect(timeline).toHaveAttribute("aria-valuenow", "4");
  await timeline.press("PageUp");
  await timeline.press("PageUp");
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.currentTime)).toBeCloseTo(1.6, 1);
  await timeline.press("Home");
  await expect(player).toBeHidden();
  await expect(app.getByRole("img", { name: "The chosen frame of counting.mp4" })).toBeVisible();
  await expect(timeline).toHaveAttribute("aria-valuetext", /^0:00 of .*, in one-object\.mp4/);
  await timeline.press("End");
  await expect(player).toBeVisible();
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.currentTime)).toBeCloseTo(4, 1);
});
