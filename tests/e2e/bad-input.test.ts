import type { Page } from "@playwright/test";
import { damagePacket } from "../damaged-video.ts";
import { questionOf, reference } from "../sample-answers.ts";
import { ask, bytesOf, choose, expect, test, watchedToTheEnd } from "./app.ts";

const media = (name: string) => bytesOf(`tests/fixtures/media/${name}`);
const part = (bytes: Uint8Array, share: number) => bytes.slice(0, Math.round(bytes.length * share));

/** Each is refused with a sentence that says what it is. */
const refused: readonly [what: string, bytes: () => Uint8Array, sentence: RegExp][] = [
  ["an empty file", () => new Uint8Array(0), /empty, not a video/],
  ["a text file", () => new TextEncoder().encode("It was a dark and stormy night.\n".repeat(300)), /not a video/],
  ["an MP4 cut off before its index", () => part(media("h264-index-last.mp4"), 0.6), /cut off: its index is missing/],
  ["sound only", () => media("sound-only.m4a"), /no video track/],
  ["a codec that cannot be decoded", () => media("mpeg4-part-2.mp4"), /MPEG-4 part 2/],
  ["a container that cannot be read", () => media("mpeg4-part-2.avi"), /AVI/],
];

test("what is no video is refused with the reason, and the page goes on", async ({ app }) => {
  await app.goto("/");
  for (const [what, bytes, sentence] of refused)
    await test.step(what, async () => {
      await choose(app, { name: "bad.mp4", bytes: bytes() });
      await expect(app.getByRole("alert")).toHaveText(sentence);
      await expect(app.getByText("Could not be watched")).toBeVisible();
      // A question meets the same sentence.
      await app.getByRole("textbox", { name: "Question" }).fill("What do you see?");
      await app.keyboard.press("Enter");
      await expect(app.getByRole("article").getByRole("alert")).toContainText(sentence);
      await goesOn(app);
    });
});

test("an MP4 cut off after its index is watched as far as it goes", async ({ app }) => {
  await app.goto("/");
  await choose(app, { name: "cut.mp4", bytes: part(media("h264-index-first.mp4"), 0.7) });
  await watchedToTheEnd(app);
  await expect(app.getByRole("list", { name: "Notices" })).toContainText(/cut off: it should last 3\.0 s but ends at/);
  expect(await ask(app, "What do you see?")).toMatch(/\w+\.$/);
  await goesOn(app);
});

test("a video damaged in its middle is watched before and after", async ({ app }) => {
  await app.goto("/");
  await choose(app, { name: "damaged.mp4", bytes: await damagePacket(media("h264-index-first.mp4"), 10) });
  await watchedToTheEnd(app);
  const notices = app.getByRole("list", { name: "Notices" });
  await expect(notices).toContainText(/damaged from 1\.0 s to [12]\.\d s: 2 frames skipped/);
  await expect(app.getByText("Watched to the end · 4 frames")).toBeVisible();
  expect(await ask(app, "What do you see?")).toMatch(/\w+\.$/);
  await goesOn(app);
});

/** A good clip is watched and answered about as if nothing had been before. */
async function goesOn(app: Page): Promise<void> {
  await choose(app, "public/samples/appearing.mp4");
  await watchedToTheEnd(app);
  await expect(app.getByRole("alert")).toHaveCount(0);
  const question = questionOf("appearing.mp4", "appear");
  expect(await ask(app, question)).toBe(reference("appearing.mp4", question));
}

test("a camera that is not allowed: told as that, and the page goes on", async ({ app }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Camera", exact: true }).click();
  await expect(app.getByRole("alert")).toContainText("not allowed to use the camera");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await expect(app.getByRole("alert")).toHaveCount(0);
  await watchedToTheEnd(app);
});
