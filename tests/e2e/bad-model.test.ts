import { chromium, type Page } from "@playwright/test";
import { chromiumFlags, findChromium } from "../../tools/chromium.ts";
import { questionOf, reference } from "../sample-answers.ts";
import { ask, bytesOf, expect, test, watchedToTheEnd } from "./app.ts";

const weights = bytesOf("public/models/nano/model.safetensors");

/** The weights' file with words of its header replaced by others of the same length. */
function withHeader(from: string, to: string): Uint8Array {
  const at = Buffer.from(weights).indexOf(from);
  if (at < 0 || from.length !== to.length) throw new Error(`cannot replace ${from}`);
  const changed = weights.slice();
  changed.set(new TextEncoder().encode(to), at);
  return changed;
}

/** Answers requests for one file of the model with other bytes, or with 404. */
async function replace(page: Page, file: string, bytes: Uint8Array | string | null): Promise<void> {
  await page.route(`**/models/nano/${file}`, (route) =>
    bytes === null
      ? route.fulfill({ status: 404, body: "not here" })
      : route.fulfill({ status: 200, body: typeof bytes === "string" ? bytes : Buffer.from(bytes) }),
  );
}

const shape = /"head\.weight":\{[^}]*"shape":\[1222,192\]/.exec(
  Buffer.from(weights.slice(0, 30_000)).toString("latin1"),
);

/** The model's configuration without checksums, as that of a person's own folder. */
const plain = JSON.stringify({
  ...JSON.parse(Buffer.from(bytesOf("public/models/nano/config.json")).toString()),
  sha256: undefined,
});

/** Damaged copies of the model, and what is said about each. */
const damaged: readonly [what: string, file: string, bytes: () => Uint8Array | string | null, sentence: RegExp][] = [
  ["a missing tensor", "model.safetensors", () => withHeader('"ln_out.weight"', '"ln_off.weight"'), /ln_out\.weight/],
  [
    "a tensor of a wrong shape",
    "model.safetensors",
    () => withHeader(shape?.[0] ?? "", (shape?.[0] ?? "").replace("1222,192", "192,1222")),
    /head\.weight/,
  ],
  ["weights cut off", "model.safetensors", () => weights.slice(0, weights.length / 2), /model\.safetensors/],
  ["weights that are not there", "model.safetensors", () => null, /model\.safetensors/],
  ["a configuration that is no JSON", "config.json", () => '{ "model_type": ', /config\.json/],
  ["a tokenizer that is not there", "tokenizer.json", () => null, /tokenizer\.json/],
];

for (const [what, file, bytes, sentence] of damaged) {
  test(`${what}: said so, and the model loads once it is whole`, async ({ app }) => {
    if (file !== "config.json") await replace(app, "config.json", plain);
    await replace(app, file, bytes());
    await app.goto("/");
    await expect(app.getByRole("alert")).toContainText(sentence);
    await app.unrouteAll();
    await app.getByRole("button", { name: "Try again" }).click();
    await expect(app.getByText("Model ready")).toBeVisible();
    await expect(app.getByRole("alert")).toHaveCount(0);
  });
}

test("a model address with nothing there", async ({ app }) => {
  await app.goto("/?model=models/nowhere/");
  await expect(app.getByRole("alert")).toContainText(/no model|not found|model folder/i);
  // A video chosen meanwhile waits; its question is answered with the reason.
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await app.getByRole("textbox", { name: "Question" }).fill("What is happening?");
  await app.keyboard.press("Enter");
  await expect(app.getByRole("article").getByRole("alert")).toBeVisible();
});

test("a browser without WebGPU is told so", async ({ baseURL }) => {
  const args = chromiumFlags.filter((flag) => !/webgpu|vulkan|angle/i.test(flag));
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...args, "--disable-gpu"] });
  try {
    const page = await browser.newPage();
    await page.goto(baseURL ?? "");
    await expect(page.getByRole("alert")).toContainText("This browser does not reach the GPU");
    await expect(page.getByRole("alert")).toContainText("WebGPU");
    await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  } finally {
    await browser.close();
  }
});

test("a lost graphics device is told, and the model can be loaded again", async ({ baseURL }) => {
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...chromiumFlags] });
  try {
    const page = await browser.newPage();
    await page.goto(baseURL ?? "");
    await page.getByRole("button", { name: "Sample: Here and gone" }).click();
    await watchedToTheEnd(page);
    const session = await browser.newBrowserCDPSession();
    await session.send("Browser.crashGpuProcess");
    await expect(page.getByRole("alert").first()).toContainText("The graphics device was lost");
    await page.getByRole("button", { name: "Reload model" }).click();
    await watchedToTheEnd(page);
    const question = questionOf("appearing.mp4", "appear");
    expect(await ask(page, question)).toBe(reference("appearing.mp4", question));
  } finally {
    await browser.close();
  }
});
