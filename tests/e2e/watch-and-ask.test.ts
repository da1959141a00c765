import type { Page } from "@playwright/test";
import { questionOf, reference, references } from "../sample-answers.ts";
import { ask, bytesOf, choose, expect, test, turns, watchedToTheEnd, watchingBar } from "./app.ts";

test("a sample: watched to its end and asked from memory, then looked at again", async ({ app }) => {
  await app.goto("/");
  await expect(app.getByRole("progressbar", { name: "Loading model" })).toBeVisible();
  await expect(app.getByText("Nothing is uploaded.")).toBeVisible();
  await expect(app.getByRole("button", { name: /^Sample: / })).toHaveCount(references.length);
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await watchedToTheEnd(app);
  await expect(app.getByRole("progressbar", { name: "Loading model" })).toHaveCount(0);

  const stateBytes = 4 * 5 * (192 * 64 + 2 * 192); // f32 in five layers: H·64·64 numbers and two rows of 192
  await expect(app.getByRole("status", { name: "Memory" })).toContainText(`${Math.round(stateBytes / 1000)} KB`);
  await expect(app.getByRole("status", { name: "Memory" })).toContainText("96 visual tokens");

  const question = questionOf("one-object.mp4", "motion");
  expect(await ask(app, question)).toBe(reference("one-object.mp4", question));
  await expect(turns(app).first()).toContainText("after 8 frames");

  await app.getByText("Look again").click();
  const again = questionOf("one-object.mp4", "where");
  expect(await ask(app, again)).toBe(reference("one-object.mp4", again, "look-again"));
  await expect(turns(app).last()).toContainText("looked again");
});

test("an MP4 dropped on the window", async ({ app }) => {
  await app.goto("/");
  await drop(app, "two-objects.mp4", bytesOf("public/samples/two-objects.mp4"));
  await watchedToTheEnd(app);
  await expect(app.getByRole("heading", { name: "two-objects.mp4" })).toBeVisible();
  const question = questionOf("two-objects.mp4", "list");
  expect(await ask(app, question)).toBe(reference("two-objects.mp4", question));
});

test("a WebM from the picker", async ({ app }) => {
  await app.goto("/");
  await choose(app, "tests/fixtures/clips/counting.webm");
  await watchedToTheEnd(app);
  await expect(app.getByRole("region", { name: "Watching" })).toContainText(/WebM.*VP9/i);
  for (const { question, memory } of references.find(({ clip }) => clip === "counting.mp4")?.questions ?? []) {
    expect(await ask(app, question)).toBe(memory);
    await app.getByRole("button", { name: "New conversation" }).click();
  }
});

test("a question before the video has ended", async ({ app }) => {
  await app.goto("/");
  await choose(app, "tests/fixtures/clips/forty-seconds.mp4");
  await app.evaluate(noteProgressOfAnswer);
  await app.getByRole("textbox", { name: "Question" }).fill("What do you see?");
  await app.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(turns(app).first()).toHaveAttribute("data-status", "done");
  const early = await app.evaluate(() => document.body.dataset.progressAtAnswer);
  expect(Number(early)).toBeGreaterThan(0);
  expect(Number(early)).toBeLessThan(100);
  await expect(turns(app).first().locator(".answer")).toHaveText(/\w+\.$/);

  // Watching goes on, can be held, and ended.
  const now = () => watchingBar(app).getAttribute("aria-valuenow").then(Number);
  await expect.poll(now).toBeGreaterThan(Number(early));
  await app.getByRole("button", { name: "Pause watching" }).click();
  await expect(app.getByText(/^Paused/)).toBeVisible();
  const held = await now();
  expect(await ask(app, "What color is the background?")).toMatch(/^The background is \w+\.$/);
  expect(await now()).toBe(held);
  await app.getByRole("button", { name: "Resume watching" }).click();
  await expect.poll(now).toBeGreaterThan(held);
  await app.getByRole("button", { name: "End watching" }).click();
  await expect(app.getByText(/^Ended at/)).toBeVisible();
  expect(await ask(app, "What do you see?")).toMatch(/\w+\.$/);
});

/** Leaves on the body how far the bar was when the first answer was complete. */
function noteProgressOfAnswer(): void {
  const observer = new MutationObserver(() => {
    if (!document.querySelector('article[data-status="done"]')) return;
    const bar = document.querySelector('[role="progressbar"][aria-label="Watching video"]');
    document.body.dataset.progressAtAnswer = bar?.getAttribute("aria-valuenow") ?? "";
    observer.disconnect();
  });
  observer.observe(document.body, { subtree: true, childList: true, attributes: true });
}

test("Stop in the middle of an answer", async ({ app }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: Two objects" }).click();
  await watchedToTheEnd(app);
  const question = questionOf("two-objects.mp4", "relation");
  const whole = reference("two-objects.mp4", question);
  await app.evaluate(stopAtFirstText);
  await app.getByRole("textbox", { name: "Question" }).fill(question);
  await app.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(turns(app).first()).toHaveAttribute("data-status", "stopped");
  const part = (await turns(app).first().locator(".answer").textContent()) ?? "";
  expect(part.length).toBeGreaterThan(0);
  expect(part.length).toBeLessThan(whole.length);
  expect(whole.startsWith(part)).toBe(true);
  await expect(app.getByRole("button", { name: "Stop" })).toHaveCount(0);

  // The stopped answer can be asked for again, and the conversation goes on.
  await turns(app).first().getByRole("button", { name: "Try again" }).click();
  await expect(turns(app).first()).toHaveAttribute("data-status", "done");
  await expect(turns(app).first().locator(".answer")).toHaveText(/\w+\.$/);
  await app.getByRole("button", { name: "New conversation" }).click();
  await expect(turns(app)).toHaveCount(0);
  expect(await ask(app, question)).toBe(whole);
});

/** Presses Stop as soon as the first text of an answer is on the page. */
function stopAtFirstText(): void {
  const observer = new MutationObserver(() => {
    if (!document.querySelector("article .answer")) return;
    observer.disconnect();
    document.querySelector<HTMLButtonElement>('button[aria-label="Stop"]')?.click();
  });
  observer.observe(document.body, { subtree: true, childList: true });
}

test("three turns in one conversation, then a new one", async ({ app }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: Here and gone" }).click();
  await watchedToTheEnd(app);
  const questions = ["appear", "list", "color"].map((type) => questionOf("appearing.mp4", type));
  for (const question of questions) expect(await ask(app, question)).toBe(reference("appearing.mp4", question));
  await expect(turns(app)).toHaveCount(3);
  await expect(turns(app).getByRole("heading")).toHaveText(questions);
  await app.getByRole("button", { name: "New conversation" }).click();
  await expect(turns(app)).toHaveCount(0);
  const question = questionOf("appearing.mp4", "where");
  expect(await ask(app, question)).toBe(reference("appearing.mp4", question));
});

test("by keyboard alone", async ({ app }) => {
  await app.goto("/");
  await tabTo(app, "Sample: How many?");
  await app.keyboard.press("Enter");
  await watchedToTheEnd(app);
  await expect(app.getByRole("textbox", { name: "Question" })).toBeFocused();
  const question = questionOf("counting.mp4", "count");
  await app.keyboard.type(question);
  await app.keyboard.press("Enter");
  await expect(turns(app).first()).toHaveAttribute("data-status", "done");
  await expect(turns(app).first().locator(".answer")).toHaveText(reference("counting.mp4", question));

  // The other way to ask, chosen with the arrow keys of its radio buttons; Escape stops.
  await app.keyboard.press("Tab");
  await app.keyboard.press("Tab");
  await expect(app.getByRole("radio", { name: "From memory" })).toBeFocused();
  await app.keyboard.press("ArrowRight");
  await expect(app.getByRole("radio", { name: "Look again" })).toBeChecked();
  await app.evaluate(escapeAtOnce);
  await app.getByRole("textbox", { name: "Question" }).focus();
  await app.keyboard.type("What happens in the video?");
  await app.keyboard.press("Enter");
  await expect(turns(app).last()).toHaveAttribute("data-status", "stopped");
});

/** Presses Escape as soon as a second answer is waited for. */
function escapeAtOnce(): void {
  const observer = new MutationObserver(() => {
    if (document.querySelectorAll("article").length < 2) return;
    observer.disconnect();
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  });
  observer.observe(document.body, { subtree: true, childList: true });
}

/** Presses Tab until the button with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))) === name) return;
  }
  throw new Error(`Tab never came to ${name}`);
}

/** Drops a file on the window as a file manager does. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(
    ([fileName, base64]) => {
      const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([data], fileName, { type: "video/mp4" }));
      for (const type of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    },
    [name, Buffer.from(bytes).toString("base64")] as const,
  );
}
