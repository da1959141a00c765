import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { World } from "./world.ts";

/** What a page that is well uses, once it has answered: the same at every time. */
export type Usage = { readonly buffers: string; readonly openFrames: string; readonly spilled: readonly string[] };

const patience = { timeout: 90_000 };
const clip = "one-object.mp4";
const samples = resolve(import.meta.dirname, "../../public/samples");

const { question, answer } = (() => {
  type Clip = { clip: string; questions: { type: string; question: string; memory: string }[] };
  const clips = JSON.parse(readFileSync(join(samples, "answers.json"), "utf8")) as Clip[];
  const found = clips.find((each) => each.clip === clip)?.questions.find(({ type }) => type === "motion");
  return { question: found?.question ?? "", answer: found?.memory ?? "" };
})();

/** Ends what was done to the page from outside. */
export async function endTrouble(world: World): Promise<void> {
  const { server, protocol } = world;
  server.heal();
  if (world.crashed) await world.reopen();
  const origin = new URL(server.url).origin;
  await protocol.send("Storage.overrideQuotaForOrigin", { origin }).catch(() => undefined);
  await world.protocol.send("Storage.overrideQuotaForOrigin", { origin });
  await world.protocol.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await world.protocol.send("Page.setWebLifecycleState", { state: "active" });
  await world.page.setViewportSize({ width: 1280, height: 900 });
}

/** Brings nano back by what the dialog of models offers, as a person would, once what is on its way has come or failed. */
export async function bringNanoBack(world: World): Promise<void> {
  const { page } = world;
  await uncover(world);
  await page.getByRole("button", { name: /^Model: / }).click(patience);
  const dialog = page.getByRole("dialog", { name: "Models" });
  const used = dialog.getByRole("region", { name: "In use" }).filter({ hasText: "nano-v6" });
  const open = dialog.getByRole("button", { name: "Open nano" });
  const loading = dialog.getByRole("progressbar");
  await dialog.waitFor(patience);
  const end = Date.now() + 2 * patience.timeout;
  while (!((await used.isVisible()) && !(await loading.isVisible()))) {
    if (Date.now() > end) throw new Error(`nano does not come back: ${await dialog.textContent()}`);
    const free = (await open.isVisible()) && (await open.isEnabled({ timeout: 1000 }).catch(() => false));
    if (free) await open.click({ timeout: 1000 }).catch(() => undefined);
    await page.waitForTimeout(1000);
  }
  await page.keyboard.press("Escape");
}

/** Closes what lies over the page. */
async function uncover({ page }: World): Promise<void> {
  for (let i = 0; i < 3; i++) await page.keyboard.press("Escape");
  await page.evaluate(() => {
    for (const dialog of document.querySelectorAll("dialog[open]")) (dialog as HTMLDialogElement).close();
  });
}

/** Reads of the usage, a second apart: a session that saves itself holds a copy of its state for a moment. */
const usageReads = 12;

/** The least that is used at several looks. */
export async function settledUsage(world: World): Promise<Usage> {
  const looks: Usage[] = [];
  for (let look = 0; look < 5; look++) {
    looks.push(await readUsage(world));
    await world.page.waitForTimeout(1000);
  }
  return looks.reduce((least, each) => (buffersOf(each) < buffersOf(least) ? each : least));
}

/** What is used, once it is what it was, or after several looks. */
export async function usageAgainst(world: World, well: Usage): Promise<Usage> {
  let usage = await readUsage(world);
  for (let look = 1; look < usageReads && !isSame(usage, well); look++) {
    await world.page.waitForTimeout(1000);
    usage = await readUsage(world);
  }
  return usage;
}

export function isSame(usage: Usage, well: Usage): boolean {
  return JSON.stringify(usage) === JSON.stringify(well);
}

function buffersOf({ buffers }: Usage): number {
  return Number.parseInt(buffers, 10);
}

/** Watches a sample and asks: the answer must be the reference's. @throws Error where it is not */
export async function mustBeWell(world: World): Promise<void> {
  const { page } = world;
  await bringNanoBack(world);
  await page.getByLabel("Choose a video").first().setInputFiles(join(samples, clip), patience);
  await page
    .locator('[role="progressbar"][aria-label="Watching video"][aria-valuenow="100"]')
    .waitFor({ ...patience, state: "attached" });
  await page.getByText("From memory", { exact: true }).first().click(patience);
  const turns = page.getByRole("log", { name: "Conversation" }).getByRole("article");
  const before = await turns.count();
  await page.getByRole("textbox", { name: "Question" }).fill(question, patience);
  await page.getByRole("textbox", { name: "Question" }).press("Enter");
  const turn = turns.nth(before);
  await page.waitForFunction(
    ([log, at]) => document.querySelectorAll(log as string)[at as number]?.getAttribute("data-status") === "done",
    ['[role="log"] article', before] as const,
    patience,
  );
  const said = ((await turn.locator(".answer").textContent()) ?? "").trim();
  if (said !== answer) throw new Error(`the answer is "${said}", not "${answer}"`);
}

/** What Details says, and the files that sessions left. */
async function readUsage({ page }: World): Promise<Usage> {
  await page.getByRole("button", { name: "Details" }).click(patience);
  const fact = (name: string) =>
    page.waitForFunction(
      (wanted) => {
        const term = [...document.querySelectorAll("dialog.details dt")].find((each) => each.textContent === wanted);
        const text = term?.nextElementSibling?.textContent ?? "…";
        return text !== "…" && text;
      },
      name,
      patience,
    );
  const [buffers, openFrames] = await Promise.all([fact("Buffers"), fact("Open video frames")]);
  await page.keyboard.press("Escape");
  return {
    buffers: String(await buffers.jsonValue()),
    openFrames: String(await openFrames.jsonValue()),
    spilled: (await storedFiles(page)).filter((path) => path.includes("/spill/")),
  };
}

/** Paths of all files in the browser's private file system. */
export function storedFiles(page: World["page"]): Promise<string[]> {
  return page.evaluate(async () => {
    const paths: string[] = [];
    // A loop: tools that keep functions' names cannot send one inside of another.
    const folders: [string, FileSystemDirectoryHandle][] = [["", await navigator.storage.getDirectory()]];
    for (let next = folders.pop(); next; next = folders.pop()) {
      const [path, folder] = next;
      for await (const entry of folder.values()) {
        if (entry.kind === "file") paths.push(`${path}/${entry.name}`);
        else folders.push([`${path}/${entry.name}`, entry as FileSystemDirectoryHandle]);
      }
    }
    return paths.sort();
  });
}
