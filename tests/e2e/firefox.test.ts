import { resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { findFirefox } from "../../tools/firefox.ts";
import { questionOf, reference, references } from "../sample-answers.ts";
import { type FirefoxPage, openFirefox } from "./marionette.ts";

// The built page in a stock Firefox. Playwright drives its own Firefox only, so the page is reached by a driver of ours.

let page: FirefoxPage;

test.beforeAll(async ({ baseURL }) => {
  page = await openFirefox(findFirefox() ?? "");
  await page.goto(baseURL ?? "");
  await page.until("return document.body.innerText.includes('Model ready')");
});

test.afterAll(async () => {
  await page?.close();
});

const button = (name: string) => `//button[@aria-label="${name}" or normalize-space()="${name}"]`;

/** The text of the answers so far that are complete. */
const answers = `return [...document.querySelectorAll('article[data-status="done"] .answer')].map((each) => each.textContent)`;

async function watchedToTheEnd(): Promise<void> {
  await page.until(`
    const bar = document.querySelector('[role="progressbar"][aria-label="Watching video"]');
    return bar?.getAttribute("aria-valuenow") === "100";`);
}

/** Types a question, presses Ask and waits for the whole answer. */
async function ask(question: string): Promise<string> {
  const before = (await page.until<string[]>(answers)).length;
  await page.type('//textarea[@id="question"]', question);
  await page.click(button("Ask"));
  const all = await page.until<string[]>(
    `${answers.replace("return", "const all =")}; return all.length > arguments[0] && all`,
    [before],
  );
  return all.at(-1) ?? "";
}

/** Chooses a file of this machine. */
async function choose(path: string): Promise<void> {
  await page.type(
    '//label[contains(., "Choose a video")]//input | //input[@aria-label="Choose a video"]',
    resolve(path),
  );
  await page.until(
    "return document.querySelector('h1, h2')?.textContent && document.body.innerText.includes(arguments[0])",
    [path.split("/").at(-1)],
  );
  await watchedToTheEnd();
}

test("Firefox: a sample from memory, and looked at again", async () => {
  await page.click(button("Sample: One object"));
  await watchedToTheEnd();
  const question = questionOf("one-object.mp4", "motion");
  expect(await ask(question)).toBe(reference("one-object.mp4", question));
  await page.click('//label[contains(., "Look again")]');
  const again = questionOf("one-object.mp4", "where");
  expect(await ask(again)).toBe(reference("one-object.mp4", again, "look-again"));
});

test("Firefox: a WebM of this machine", async () => {
  await choose("tests/fixtures/clips/counting.webm");
  const asked = references.find(({ clip }) => clip === "counting.mp4")?.questions.slice(0, 2) ?? [];
  expect(asked).toHaveLength(2);
  for (const { question, memory } of asked) {
    expect(await ask(question)).toBe(memory);
    await page.click(button("New conversation"));
  }
});

test("Firefox: an MP4 of this machine, or a sentence where its codec is not there", async () => {
  const decodes = await page.until<boolean | string>(
    "return VideoDecoder.isConfigSupported({ codec: 'avc1.64000a' }).then(({ supported }) => supported || 'not')",
  );
  if (decodes === true) {
    await choose("public/samples/two-objects.mp4");
    const question = questionOf("two-objects.mp4", "relation");
    expect(await ask(question)).toBe(reference("two-objects.mp4", question));
  } else {
    await page.type('//input[@type="file"]', resolve("public/samples/two-objects.mp4"));
    await page.until("return document.body.innerText.includes('which this browser cannot decode')");
  }
});

test("Firefox: a model out of a folder of this machine", async () => {
  const folder = "tests/fixtures/checkpoints/modrwkv/files";
  await page.click('//button[starts-with(@aria-label, "Model: ")]');
  const files = ["config.json", "model.safetensors"].map((name) => resolve(folder, name));
  await page.type("//input[@webkitdirectory]", files.join("\n"));
  await page.click('//dialog[@open]//button[starts-with(normalize-space(), "Load")]');
  await page.until(`
    const name = document.querySelector('button[aria-label^="Model: "]').getAttribute("aria-label");
    return !/nano/.test(name) && document.querySelector("dialog[open]").innerText.includes("In use");`);
  await page.click('//dialog[@open]//button[@aria-label="Close"]');
  await watchedToTheEnd();
  expect(await ask("What do you see?")).not.toBe("");
});
