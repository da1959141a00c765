import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { savedSessions } from "./kept.ts";
import type { Random } from "./random.ts";
import { thrownOnPurpose, type World } from "./world.ts";

/** One thing that befalls the page; answers with what it did, in words. */
export type Action = (world: World, random: Random) => Promise<string>;

const root = resolve(import.meta.dirname, "../..");

/** Patience of one action: what a dialog covers is not waited for. */
const options = { timeout: 1500 };

const clips = [
  "public/samples/one-object.mp4",
  "public/samples/footage.mp4",
  "public/samples/five-minutes.mp4",
  "tests/fixtures/clips/forty-seconds.mp4",
  "tests/fixtures/media/h264-fragmented.mp4",
  "tests/fixtures/media/vp9.webm",
  "tests/fixtures/media/moving.gif",
  "tests/fixtures/media/protected.mp4",
  "tests/fixtures/media/still.jpg",
  "README.md",
];

async function chooseClip({ page }: World, random: Random): Promise<string> {
  const clip = random.one(clips);
  await page.getByLabel("Choose a video").first().setInputFiles(join(root, clip), options);
  return `choose ${clip}`;
}

/** A clip with some of its bytes changed, or its end cut off. */
async function chooseDamaged({ page }: World, random: Random): Promise<string> {
  const clip = random.one(clips);
  const bytes = readFileSync(join(root, clip));
  const end = random.below(2) === 0 ? bytes.length : random.below(bytes.length);
  for (let i = random.below(20); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
  const made = { name: "damaged.mp4", mimeType: "video/mp4", buffer: bytes.subarray(0, end) };
  await page.getByLabel("Choose a video").first().setInputFiles(made, options);
  return `choose ${clip} damaged, ${end} of ${bytes.length} bytes`;
}

async function ask({ page }: World, random: Random): Promise<string> {
  const question = random.one([
    "What do you see?",
    "Where is it?",
    "x",
    `${"Is it so? ".repeat(200)}`,
    "何が見えますか？",
  ]);
  await page.getByRole("textbox", { name: "Question" }).fill(question, options);
  if (random.below(2) === 0) await page.getByText("Look again").first().click(options);
  await page.getByRole("textbox", { name: "Question" }).press("Enter", options);
  return `ask ${question.slice(0, 20)}`;
}

/** Any button that can be pressed, or whatever else answers to a click. */
async function press({ page }: World, random: Random): Promise<string> {
  // A dialog covers the rest.
  const within = (await page.locator("dialog[open]").count()) > 0 ? "dialog[open] " : "";
  const kinds = ["button:visible:enabled", "summary:visible", "input[type=radio]:enabled"];
  const buttons = page.locator(kinds.map((kind) => within + kind).join(", "));
  const count = await buttons.count();
  if (count === 0) return "press nothing";
  const button = buttons.nth(random.below(count));
  const name = (await button.getAttribute("aria-label", options)) ?? (await button.textContent(options)) ?? "";
  await button.click(options);
  return `press ${name.trim().slice(0, 40)}`;
}

async function pressKey({ page }: World, random: Random): Promise<string> {
  const key = random.one(["Escape", "Escape", "Tab", "Shift+Tab", "Enter", "Space", "ArrowRight", "ArrowLeft", "Home"]);
  await page.keyboard.press(key);
  return `key ${key}`;
}

async function loadLocalModel({ page }: World, random: Random): Promise<string> {
  await page.getByRole("button", { name: /^Model: / }).click(options);
  const folder = join(root, "tests/fixtures/checkpoints", random.one(["modrwkv", "aurora-xtuner"]), "files");
  await page.getByLabel("Choose a folder").setInputFiles(folder, options);
  await page.getByRole("dialog").getByRole("button", { name: /^Load/ }).click({ timeout: 5000 });
  return `load ${folder.split("/").at(-2)}`;
}

async function killWorker({ page }: World): Promise<string> {
  const worker = page.workers().at(-1);
  await worker?.evaluate((text) => void setTimeout(() => Promise.reject(new Error(text))), thrownOnPurpose);
  await worker?.evaluate((text) => {
    setTimeout(() => {
      throw new Error(text);
    });
  }, thrownOnPurpose);
  return worker ? "kill the worker" : "no worker to kill";
}

/** Saves the memory as a file, which is opened again at the sequence's end. */
async function saveMemory(world: World): Promise<string> {
  const { page } = world;
  const download = page.waitForEvent("download", { timeout: 5000 });
  download.catch(() => undefined);
  await page.getByRole("button", { name: "Save memory" }).click(options);
  const content = Buffer.from(readFileSync(await (await download).path()));
  world.memoryFile = { content };
  return `save ${content.length} bytes of memory`;
}

/** Opens the memory that was saved last, now and then with a byte changed. */
async function openMemory({ page, memoryFile }: World, random: Random): Promise<string> {
  if (!memoryFile) return "open no memory";
  const content = Buffer.from(memoryFile.content);
  const isDamaged = random.below(3) === 0;
  const at = random.below(content.length);
  if (isDamaged) content[at] = (content[at] ?? 0) ^ 0x55;
  const file = { name: "saved.aurora", mimeType: "application/octet-stream", buffer: content };
  await page.getByLabel("Open memory").first().setInputFiles(file, options);
  return `open ${isDamaged ? "a damaged" : "the saved"} memory`;
}

async function restore({ page }: World): Promise<string> {
  await page
    .getByRole("button", { name: /^Restore / })
    .first()
    .click(options);
  return "restore a session";
}

async function killTab(world: World): Promise<string> {
  world.savedBeforeKill = await savedSessions(world);
  world.crashed = true;
  await Promise.race([
    world.protocol.send("Page.crash").catch(() => undefined),
    new Promise((done) => setTimeout(done, 2000)),
  ]);
  return "kill the tab";
}

async function killGpu({ browser }: World): Promise<string> {
  const session = await browser.newBrowserCDPSession();
  await session.send("Browser.crashGpuProcess");
  await session.detach().catch(() => undefined);
  return "kill the GPU process";
}

async function reload({ page }: World): Promise<string> {
  await page.reload({ waitUntil: "commit" });
  return "reload";
}

/** Something wrong with what the server sends, and the page loaded anew through it, or what it asks for next. */
async function spoil({ server, page }: World, random: Random): Promise<string> {
  const kind = random.one(["cut", "stall", "corrupt", "unavailable"] as const);
  const after = random.one([0, 100, 4000, random.below(9_000_000)]);
  const times = random.one([1, 2, 20]);
  server.spoil({ kind, after, times });
  if (random.below(2) === 0) await page.reload({ waitUntil: "commit" });
  return `${kind} ${times} answers after ${after} bytes`;
}

async function fillDisk({ protocol, server }: World, random: Random): Promise<string> {
  const quotaSize = random.one([0, 100_000, 3_000_000]);
  await protocol.send("Storage.overrideQuotaForOrigin", { origin: new URL(server.url).origin, quotaSize });
  return `${quotaSize} bytes of disk`;
}

async function throttle({ protocol }: World, random: Random): Promise<string> {
  const state = random.one(["frozen", "active"] as const);
  await protocol.send("Emulation.setCPUThrottlingRate", { rate: random.one([1, 4]) });
  await protocol.send("Page.setWebLifecycleState", { state });
  return `slow, ${state}`;
}

async function resize({ page }: World, random: Random): Promise<string> {
  const [width, height] = random.one([
    [390, 844],
    [768, 1024],
    [1280, 900],
  ] as const);
  await page.setViewportSize({ width, height });
  return `${width} × ${height}`;
}

/** All that can happen, as often as it is likely. */
export const actions: readonly Action[] = [
  ...[chooseClip, chooseClip, chooseDamaged, ask, ask, ask, loadLocalModel],
  ...Array.from({ length: 8 }, () => press),
  ...[saveMemory, saveMemory, openMemory, restore],
  ...[pressKey, pressKey, reload, resize, throttle, fillDisk, spoil, killWorker, killTab, killGpu],
];
