import { readFileSync } from "node:fs";
import { choose, expect, watchedToTheEnd } from "./app.ts";
import { testWithHub } from "./hub.ts";

const fixtures = "tests/fixtures/search";
const files = [
  "config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "model.safetensors",
];

/** The hub has a small SigLIP under the name of the one that the page proposes. */
const test = testWithHub((hub) => {
  const content = files.map((name) => [name, new Uint8Array(readFileSync(`${fixtures}/siglip/${name}`))] as const);
  hub.offer("google/siglip-base-patch16-224", Object.fromEntries(content));
});

test("what was seen: a model is looked up and kept, moments are found, alike ones too; the next visit has it", async ({
  app,
  hub,
}) => {
  await app.goto("/");
  const clip = "public/samples/footage.mp4";
  await choose(app, clip);
  await watchedToTheEnd(app);
  expect(hub.takeRequests()).toEqual([]);
  await app.getByRole("button", { name: "Find what was seen, too" }).click();
  await app.getByRole("button", { name: "Look up" }).click();
  await expect(app.getByText(/google\/siglip-base-patch16-224 · mit · \d+ KB/)).toBeVisible();
  await app.getByRole("button", { name: /^Download/ }).click();
  const state = app.getByText(/Pictures are found by/);
  await expect(state).toHaveText(/(\d+) of \1 frames/);

  await app.getByRole("searchbox", { name: "Find" }).fill("a red square on blue");
  const moments = app.getByRole("list", { name: "Moments" });
  await expect(moments.getByText("seen").first()).toBeVisible();
  const first = moments.getByRole("listitem").filter({ hasText: "seen" }).first();
  const time = (await first.locator("time").textContent()) ?? "";
  await expect(first.getByRole("meter", { name: "Score" })).toBeVisible();
  await first.getByRole("button").first().click();
  const second = await app.locator("video.player").evaluate((player: HTMLVideoElement) => player.currentTime);
  expect(Math.abs(second - Number(time.split(":")[1]))).toBeLessThan(1);

  await first.getByRole("button", { name: `More like ${time}` }).click();
  await expect(app.getByRole("status").filter({ hasText: `like ${time}` })).toBeVisible();
  await expect(moments.getByRole("listitem").first().locator("time")).toHaveText(time);

  // On the next visit the stored model is used again, and nobody is asked.
  hub.takeRequests();
  await app.reload();
  await choose(app, clip);
  await watchedToTheEnd(app);
  await expect(state).toHaveText(/(\d+) of \1 frames/);
  expect(hub.takeRequests()).toEqual([]);
  await app.getByRole("button", { name: /^Model: / }).click();
  await expect(app.getByRole("dialog", { name: "Models" })).toContainText("finds pictures");
  await app.getByRole("button", { name: /^Delete google\/siglip/ }).click();
  await app.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(app.getByRole("dialog", { name: "Models" })).not.toContainText("finds pictures");
  await app.keyboard.press("Escape");
  await expect(app.getByRole("button", { name: "Find what was seen, too" })).toBeVisible();
});
