import { readFileSync } from "node:fs";
import { test as base, expect, type Locator, type Page } from "@playwright/test";

/** A browser page on the app that fails its test when anything is asked of another server than `allowed` ones, or throws. */
export const test = base.extend<{ allowed: readonly string[]; app: Page }>({
  allowed: [[], { option: true }],
  app: async ({ page, baseURL, allowed }, use) => {
    const strangers: string[] = [];
    const errors: string[] = [];
    page.context().on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      const known = [new URL(baseURL ?? "").origin, ...allowed].includes(origin);
      if (protocol.startsWith("http") && !known) strangers.push(request.url());
    });
    page.on("pageerror", (error) => errors.push(String(error)));
    await use(page);
    expect(strangers, "requests to other servers").toEqual([]);
    expect(errors, "errors that nobody caught").toEqual([]);
  },
});

/** The bar that says how much of the video was watched. */
export function watchingBar(page: Page): Locator {
  return page.getByRole("progressbar", { name: "Watching video" });
}

/** Waits until the video was watched to its end. */
export async function watchedToTheEnd(page: Page): Promise<void> {
  await expect(watchingBar(page)).toHaveAttribute("aria-valuenow", "100");
}

/** A file of this machine, or one made up. */
type Chosen = string | { readonly name: string; readonly bytes: Uint8Array };

/** Chooses one or several files in the file picker. */
export async function choose(page: Page, ...files: readonly Chosen[]): Promise<void> {
  const picker = page.getByLabel("Choose a video");
  const made = (file: Exclude<Chosen, string>) => ({
    name: file.name,
    mimeType: "video/mp4",
    buffer: Buffer.from(file.bytes),
  });
  if (files.every((file) => typeof file === "string")) await picker.setInputFiles(files);
  else await picker.setInputFiles(files.map((file) => made(typeof file === "string" ? read(file) : file)));
}

function read(path: string): { name: string; bytes: Uint8Array } {
  return { name: path.slice(path.lastIndexOf("/") + 1), bytes: bytesOf(path) };
}

/** All turns of the conversation. */
export function turns(page: Page): Locator {
  return page.getByRole("log", { name: "Conversation" }).getByRole("article");
}

/** Types a question, presses Ask and waits for the whole answer. */
export async function ask(page: Page, question: string): Promise<string> {
  const before = await turns(page).count();
  await page.getByRole("textbox", { name: "Question" }).fill(question);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  const turn = turns(page).nth(before);
  await expect(turn).toHaveAttribute("data-status", "done");
  await expect(turn.getByRole("heading")).toHaveText(question);
  return (await turn.locator(".answer").textContent()) ?? "";
}

const findNewest = `(async () => {
  const root = await navigator.storage.getDirectory();
  let newest = 0;
  const folders = [root];
  while (folders.length > 0)
    for await (const entry of folders.pop().values()) {
      if (entry.kind === "directory") folders.push(entry);
      else newest = Math.max(newest, (await entry.getFile()).lastModified);
    }
  return newest;
})()`;

/** When a session last saved itself, in milliseconds since 1970; 0 where none has. */
export function savedAt(page: Page): Promise<number> {
  return page.evaluate(findNewest);
}

/** A file of the repository as bytes. */
export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

export { expect };
