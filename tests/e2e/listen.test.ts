import { readFileSync } from "node:fs";
import { choose, expect, test } from "./app.ts";

const speech = "tests/fixtures/speech/speech.mp4";

test.setTimeout(600_000);

test("what is said: written down, lit, sought, found, changed and saved", async ({ app }) => {
  await app.goto("/");
  await choose(app, speech);
  await expect(app.getByRole("checkbox", { name: "Listen" })).toBeChecked();
  const transcript = app.getByRole("list", { name: "Transcript" });
  await expect(transcript.getByRole("listitem")).toHaveCount(2, { timeout: 400_000 });
  await expect(transcript.getByRole("listitem").first()).toContainText(/quick brown fox/i);
  await expect(app.getByRole("status", { name: "Listening" })).toHaveText("Heard to the end");

  // A click seeks, and the line that is being said is lit.
  await transcript.getByRole("button", { name: /Seven people/ }).click();
  const second = await app.locator("video.player").evaluate((player: HTMLVideoElement) => player.currentTime);
  expect(Math.abs(second - 5)).toBeLessThan(0.4);
  await expect(transcript.getByRole("listitem").nth(1)).toHaveAttribute("aria-current", "true");
  const cues = () =>
    app
      .locator("video.player")
      .evaluate((player: HTMLVideoElement) => [...(player.textTracks[0]?.cues ?? [])].map((cue) => cue.startTime));
  expect(await cues()).toHaveLength(2);

  await app.getByRole("searchbox", { name: "Find" }).fill("statoin");
  const moments = app.getByRole("list", { name: "Moments" });
  await expect(moments.getByRole("listitem")).toHaveCount(1);
  await expect(moments).toContainText(/station/);
  await app.getByRole("searchbox", { name: "Find" }).fill("giraffe");
  await expect(moments).toHaveCount(0);

  // A changed line is what is saved.
  await transcript.getByRole("listitem").first().hover();
  await transcript.getByRole("button", { name: "Edit the line at 0:01" }).click();
  await app.getByRole("textbox", { name: /Text of the line/ }).fill("A fox <jumped>.");
  await app.getByRole("textbox", { name: /Text of the line/ }).press("Enter");
  await expect(transcript.getByRole("listitem").first()).toContainText("A fox <jumped>.");
  expect(await cues()).toHaveLength(2);
  const [download] = await Promise.all([
    app.waitForEvent("download"),
    app.getByRole("button", { name: "Export transcript" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("speech.vtt");
  const saved = readFileSync(await download.path(), "utf8");
  expect(saved).toMatch(/^WEBVTT\n\n00:00:0[01]\.\d{3} --> 00:00:0\d\.\d{3}\nA fox &lt;jumped&gt;\.\n\n00:00:0[45]\./);

  // A memory file has what was said: it is read, sought and found without the video.
  const [memory] = await Promise.all([
    app.waitForEvent("download"),
    app.getByRole("button", { name: "Save memory" }).click(),
  ]);
  const file = { name: "said.aurora", mimeType: "application/octet-stream", buffer: readFileSync(await memory.path()) };
  await app.reload();
  await app.getByLabel("Open memory").setInputFiles(file);
  await expect(transcript.getByRole("listitem")).toHaveCount(2);
  await expect(transcript.getByRole("listitem").first()).toContainText("A fox <jumped>.");
  await expect(app.getByRole("status", { name: "Listening" })).toHaveText(/^Heard to 0:\d\d, as the memory tells$/);
  await transcript.getByRole("button", { name: /Seven people/ }).click();
  await expect(app.getByRole("slider", { name: "Timeline" })).toHaveAttribute("aria-valuenow", /^[45]/);
  await app.getByRole("searchbox", { name: "Find" }).fill("statoin");
  await expect(moments).toContainText(/station/);
  await choose(app, speech);
  await expect(app.getByRole("status", { name: "Listening" })).toHaveText("Heard to the end");
  await expect(transcript.getByRole("listitem").first()).toContainText("A fox <jumped>.");
  expect(await cues()).toHaveLength(2);
});

test("Listen off, or a video without sound: nothing is decoded or downloaded", async ({ app }) => {
  const asked: string[] = [];
  app.on("request", (request) => asked.push(request.url()));
  const speechFiles = () => asked.filter((url) => /whisper|silero|speech|worker-.*speech/i.test(new URL(url).pathname));
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await expect(app.getByRole("status", { name: "Listening" })).toHaveText("This video has no sound", {
    timeout: 300_000,
  });
  expect(asked.filter((url) => /whisper|silero/.test(url))).toEqual([]);

  await app.getByRole("checkbox", { name: "Listen" }).uncheck();
  asked.length = 0;
  await app.reload();
  await choose(app, speech);
  await expect(app.getByRole("checkbox", { name: "Listen" })).not.toBeChecked();
  await expect(app.getByRole("progressbar", { name: "Watching video" })).toHaveAttribute("aria-valuenow", "100");
  await expect(app.getByRole("status", { name: "Listening" })).toContainText("Off");
  expect(speechFiles()).toEqual([]);
  await expect(app.getByRole("list", { name: "Transcript" })).toHaveCount(0);
});
