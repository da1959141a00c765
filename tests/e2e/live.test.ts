import { mkdirSync, writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { chromiumFlags, findChromium } from "../../tools/chromium.ts";
import { ask, bytesOf, expect, test, turns, watchedToTheEnd } from "./app.ts";

// A camera and a screen that the browser makes up, and a person who allows both.
const fakes = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
test.use({ launchOptions: { executablePath: findChromium(), args: [...chromiumFlags, ...fakes] } });

/** Gives the page a microphone into which somebody says the same two sentences again and again. */
async function speakInto(app: Page): Promise<void> {
  const speech = Buffer.from(bytesOf("tests/fixtures/speech/speech.mp4")).toString("base64");
  await app.addInitScript((encoded) => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    const page = globalThis as { microphones?: string[]; microphone?: MediaStreamTrack | undefined };
    mediaDevices.getUserMedia = async (constraints) => {
      if (!constraints?.audio) return ask(constraints);
      page.microphones = [...(page.microphones ?? []), JSON.stringify(constraints)];
      const context = new AudioContext();
      const source = context.createBufferSource();
      const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
      source.buffer = await context.decodeAudioData(bytes.buffer);
      source.loop = true;
      const sink = context.createMediaStreamDestination();
      source.connect(sink);
      source.start();
      page.microphone = sink.stream.getAudioTracks()[0];
      return sink.stream;
    };
  }, speech);
}

test("a camera: watched live, asked, heard, held, gone on with, unplugged", async ({ app }) => {
  await speakInto(app);
  await app.goto("/");
  await app.getByRole("button", { name: "Camera", exact: true }).click();
  const watching = app.getByRole("region", { name: "Watching" });
  await expect(watching.getByRole("heading", { name: "Camera" })).toBeVisible();
  await expect(watching).toContainText(/Watching live · \d+ frames?/);
  await expect(watching).toContainText("Live · 1280 × 720");
  await expect(app.getByRole("option").nth(1)).toBeVisible();
  expect(await ask(app, "What do you see?")).toMatch(/\w+\.$/);
  await expect(watching).toContainText("Watching live");

  // Nobody is heard before it is ticked, and no more afterwards.
  const listen = app.getByRole("checkbox", { name: "Listen" });
  await expect(listen).not.toBeChecked();
  const microphones = () => app.evaluate(() => (globalThis as { microphones?: string[] }).microphones?.length ?? 0);
  expect(await microphones()).toBe(0);
  await listen.check();
  const lines = app.getByRole("list", { name: "Transcript" }).getByRole("listitem");
  await expect(lines.filter({ hasText: /brown fox|evening train/i }).first()).toBeVisible({ timeout: 400_000 });
  await listen.uncheck();
  expect(await microphones()).toBe(1);
  await expect
    .poll(() => app.evaluate(() => (globalThis as { microphone?: MediaStreamTrack }).microphone?.readyState))
    .toBe("ended");

  await app.getByRole("button", { name: "Pause watching" }).click();
  await expect(watching).toContainText(/^.*Paused/);
  await app.getByRole("button", { name: "Resume watching" }).click();
  await expect(watching).toContainText("Watching live");

  await app.evaluate(() => {
    const { srcObject } = document.querySelector("video") as HTMLVideoElement;
    for (const track of (srcObject as MediaStream).getTracks()) track.stop();
  });
  await expect(app.getByRole("alert")).toContainText("The camera is gone");
  expect(await ask(app, "What is the background color?")).toMatch(/\w+\.$/);
  await app.getByRole("button", { name: "Watch again" }).click();
  await expect(watching).toContainText(/Watching live · \d+ frames?/);
  await expect(turns(app)).toHaveCount(0);
});

test("a screen, from the workspace; the camera's light goes out with End watching", async ({ app }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await app.getByRole("button", { name: "Screen", exact: true }).click();
  const watching = app.getByRole("region", { name: "Watching" });
  await expect(watching.getByRole("heading", { name: "Screen" })).toBeVisible();
  await expect(app.getByRole("option").nth(2)).toBeVisible();
  await app.getByRole("button", { name: "End watching" }).click();
  await expect(watching).toContainText("Ended at");
  const states = () =>
    app.evaluate(() => {
      const { srcObject } = document.querySelector("video") as HTMLVideoElement;
      return [...new Set((srcObject as MediaStream).getTracks().map(({ readyState }) => readyState))];
    });
  await expect.poll(states).toEqual(["ended"]);
});

/** Drags a folder from the desktop onto the page. */
async function dropFolder(page: Page, folder: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", { type, x: 640, y: 450, data });
}

test("a folder of clips: watched one after the other by their numbers, a broken one among them told", async ({
  app,
}, info) => {
  const folder = info.outputPath("DCIM");
  mkdirSync(info.outputPath("DCIM", "100"), { recursive: true });
  const put = (name: string, bytes: Uint8Array) => writeFileSync(info.outputPath("DCIM", "100", name), bytes);
  put("clip 10.mp4", bytesOf("public/samples/two-objects.mp4"));
  put("clip 9.mp4", bytesOf("public/samples/one-object.mp4"));
  put("clip 8.mp4", bytesOf("public/samples/footage.mp4").slice(0, 900));
  put("._clip 9.mp4", new Uint8Array(120));
  put("clip 9.thm", new Uint8Array(120));
  await app.goto("/");
  await dropFolder(app, folder);
  await watchedToTheEnd(app);
  const watching = app.getByRole("region", { name: "Watching" });
  await expect(watching).toContainText("2 files · 8 s");
  await expect(watching.getByRole("list", { name: "Notices" })).toHaveText(/clip 8\.mp4 was left out\./);
  // The player goes on to the file that the time lies in.
  await app.getByRole("option", { name: "Frame 13, 0:06" }).click();
  const player = app.locator("video.player");
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.currentTime)).toBe(2);
  const timeline = app.getByRole("slider", { name: "Timeline" });
  await expect(timeline).toHaveAttribute("aria-valuetext", /^0:06 of 0:08, in clip 10\.mp4/);
  await timeline.press("Home");
  await timeline.press("ArrowRight");
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.currentTime)).toBe(0.5);
});
