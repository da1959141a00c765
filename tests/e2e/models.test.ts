import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { questionOf, reference } from "../sample-answers.ts";
import { ask, choose, expect, turns, watchedToTheEnd } from "./app.ts";
import { testWithHub } from "./hub.ts";

const checkpoints = "tests/fixtures/checkpoints";

/** The hub has small checkpoints in the layouts of the released ones. */
const test = testWithHub((hub) => {
  hub.offer("WorldRWKV/ModRWKV-0.4", filesOf("modrwkv"));
  hub.offer("BlinkDL/rwkv-7-world", filesOf("rwkv-world"));
  hub.offer("weili-0234/AuroraLong-RWKV-VID-2B-xtuner", filesOf("aurora-xtuner"));
});

function filesOf(checkpoint: string): Record<string, Uint8Array> {
  const top = join(checkpoints, checkpoint, "files");
  const paths = readdirSync(top, { recursive: true, encoding: "utf8" }).filter((path) =>
    statSync(join(top, path)).isFile(),
  );
  return Object.fromEntries(paths.map((path) => [path, new Uint8Array(readFileSync(join(top, path)))]));
}

const modelButton = (page: Page) => page.getByRole("button", { name: /^Model: / });
const dialog = (page: Page) => page.getByRole("dialog", { name: "Models" });
const card = (page: Page, name: string): Locator =>
  dialog(page)
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name, exact: true }) });

async function openModels(page: Page): Promise<void> {
  await modelButton(page).click();
  await expect(dialog(page)).toBeVisible();
}

async function inUse(page: Page, name: RegExp): Promise<void> {
  await expect(modelButton(page)).toHaveAccessibleName(name);
  await expect(dialog(page).getByRole("region", { name: "In use" })).toContainText("In use");
}

test("a model of the hub: looked up, loaded, asked, reopened without the network, deleted", async ({ app, hub }) => {
  await app.goto("/");
  await expect(app.getByText("Model ready")).toBeVisible();
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await watchedToTheEnd(app);
  const question = questionOf("one-object.mp4", "motion");
  expect(await ask(app, question)).toBe(reference("one-object.mp4", question));

  await openModels(app);
  await expect(dialog(app)).toContainText("Stored in this browser");
  expect(hub.takeRequests(), "opening the dialog asks nobody").toEqual([]);
  await app.getByRole("button", { name: "Look up ModRWKV 0.4B" }).click();
  const model = card(app, "ModRWKV 0.4B");
  await expect(model.getByRole("radio", { name: /f16/ })).toBeChecked();
  await model.getByRole("radio", { name: /int8/ }).check();
  await expect(model.getByRole("button", { name: "Load · 4.5 MB" })).toBeEnabled();
  expect(hub.takeRequests().filter((request) => !request.includes(" bytes=") && /safetensors/.test(request))).toEqual(
    [],
  );
  await model.getByRole("button", { name: /^Load/ }).click();
  await expect(app.getByRole("progressbar", { name: "Loading ModRWKV 0.4B" })).toBeVisible();
  await inUse(app, /^Model: ModRWKV/i);
  await expect(model.getByText("In use")).toBeVisible();
  await app.keyboard.press("Escape");

  // The video is watched anew, by the model that answers now.
  await watchedToTheEnd(app);
  await expect(app.getByText("nano-v6 answered the above.")).toBeVisible();
  await ask(app, "What do you see?");
  await expect(turns(app)).toHaveCount(2);

  hub.takeRequests();
  await app.reload();
  await expect(app.getByText("Model ready")).toBeVisible();
  await openModels(app);
  await inUse(app, /^Model: ModRWKV/i);
  expect(hub.takeRequests(), "a stored model opens without the network").toEqual([]);
  const shelf = dialog(app).getByRole("region", { name: "Stored in this browser" });
  await expect(shelf.getByRole("listitem")).toContainText("WorldRWKV/ModRWKV-0.4 at");
  await shelf.getByRole("button", { name: /^Delete (?!everything)/ }).click();
  await shelf.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(shelf).toContainText("Nothing yet.");
  await app.reload();
  await expect(app.getByText("Model ready")).toBeVisible();
  await expect(modelButton(app)).toHaveAccessibleName("Model: nano-v6");
});

test("own footage under nano: real models are offered, and one press later asked the same", async ({ app, hub }) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await watchedToTheEnd(app);
  await ask(app, "What do you see?");
  const offer = app.getByRole("region", { name: "Models for real footage" });
  await expect(offer, "a sample is what nano knows").toHaveCount(0);
  await choose(app, "public/samples/footage.mp4");
  await watchedToTheEnd(app);
  await expect(offer, "before there is an answer").toHaveCount(0);
  await ask(app, "What do you see?");
  await ask(app, "What happens in the video?");
  await expect(offer).toContainText("nano knows drawings");
  await expect(offer).toContainText(/can hold about [\d.]+ GB/);
  await expect(offer).toContainText(/fits as|needs about/);
  expect(hub.takeRequests(), "an offer asks nobody").toEqual([]);
  await offer.getByRole("button", { name: "Load ModRWKV 0.4B · about 1.1 GB" }).click();
  await expect(modelButton(app)).toHaveAccessibleName(/^Model: ModRWKV/i);
  await watchedToTheEnd(app);
  await expect(offer).toHaveCount(0);
  await app.getByRole("button", { name: /^Ask .* these 2 questions again$/ }).click();
  await expect(turns(app)).toHaveCount(4);
  await expect(turns(app).last()).toHaveAttribute("data-status", "done");
  await expect(turns(app).last().getByRole("heading")).toHaveText("What happens in the video?");
  await expect(app.getByRole("button", { name: /questions again$/ })).toHaveCount(0);
});

test("a folder of this machine, in PyTorch's files", async ({ app, hub }) => {
  await app.goto("/");
  await openModels(app);
  await app.getByLabel("Choose a folder").setInputFiles(join(checkpoints, "aurora-xtuner/files"));
  const model = card(app, "files");
  await expect(model).toContainText("AuroraLong, RWKV-6");
  await model.getByRole("radio", { name: /int4/ }).check();
  await model.getByRole("button", { name: "Load", exact: true }).click();
  await inUse(app, /^Model: (?!nano)/);
  await expect(dialog(app).getByRole("region", { name: "In use" })).toContainText("int4");
  expect(hub.takeRequests()).toEqual([]);
  await card(app, "nano").getByRole("button", { name: "Open nano" }).click();
  await inUse(app, /^Model: nano-v6$/);
});

test("files dropped on the dialog are a model, not a video", async ({ app }) => {
  await app.goto("/");
  await openModels(app);
  const files = Object.entries(filesOf("modrwkv")).map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString("base64"),
  ]);
  const dataTransfer = await app.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const [name = "", base64 = ""] of list)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], name));
    return transfer;
  }, files);
  const zone = dialog(app).getByText("Or drop them here");
  for (const type of ["dragenter", "dragover", "drop"]) await zone.dispatchEvent(type, { dataTransfer });
  await expect(dialog(app).getByRole("button", { name: "Load", exact: true })).toBeEnabled();
  await expect(app.getByRole("progressbar", { name: "Watching video" })).toHaveCount(0);
});

test("an id that is not there, and one that is gated, are told; a retry goes through", async ({ app, hub }) => {
  await app.goto("/");
  await openModels(app);
  const id = app.getByRole("textbox", { name: "From Hugging Face" });
  await id.fill("nothing");
  await id.press("Enter");
  await expect(dialog(app)).toContainText("Write it as owner/name");
  await id.fill("owner/nothing");
  await id.press("Enter");
  await expect(card(app, "owner/nothing").getByRole("alert")).toContainText(/owner\/nothing/);

  hub.spoil("/revision/main", [{ kind: "status", code: 403, headers: { "x-error-code": "GatedRepo" } }]);
  await id.fill("https://huggingface.co/WorldRWKV/ModRWKV-0.4");
  await id.press("Enter");
  const model = card(app, "WorldRWKV/ModRWKV-0.4");
  await expect(model.getByRole("alert")).toContainText(/Accept its terms there, download the files/);
  await model.getByRole("button", { name: "Retry" }).click();
  await expect(model.getByRole("button", { name: /^Load/ })).toBeEnabled();
});

test("a model for text only is offered as one that chats, and a video waits for one that sees", async ({
  app,
  hub,
}) => {
  await app.goto("/?model=hub:BlinkDL/rwkv-7-world");
  expect(hub.takeRequests(), "an address loads nothing by itself").toEqual([]);
  const model = card(app, "BlinkDL/rwkv-7-world");
  await model.getByRole("button", { name: "Look up BlinkDL/rwkv-7-world" }).click();
  await expect(model).toContainText("For text only: it can chat, but not see.");
  await model.getByRole("button", { name: /^Load/ }).click();
  await inUse(app, /^Model: Text-only/);
  await app.keyboard.press("Escape");
  const place = app.getByRole("region", { name: "Video" });
  await expect(place.getByRole("heading")).toHaveText(/^Text-only .* cannot see$/);
  await expect(app.getByRole("radio", { name: "Look again" })).toHaveCount(0);
  const [first] = JSON.parse(readFileSync(join(checkpoints, "rwkv-world/reference/chat.json"), "utf8"));
  const answer = await ask(app, first.question);
  expect(answer).toContain(Buffer.from(first.text, "hex").subarray(0, 4).toString());
  await ask(app, "And now?");
  await expect(
    turns(app)
      .last()
      .getByText(/frame|0:00/),
  ).toHaveCount(0);
  await app.getByRole("button", { name: "Choose a model that sees" }).click();
  await card(app, "nano").getByRole("button", { name: "Open nano" }).click();
  await inUse(app, /^Model: nano-v6$/);
});

test("a download that is cancelled leaves the page as it was, and goes on by itself after the tab was closed", async ({
  app,
  hub,
}) => {
  await app.goto("/?model=hub:weili-0234/AuroraLong-RWKV-VID-2B-xtuner");
  await expect(dialog(app)).toBeVisible();
  expect(hub.takeRequests(), "an address loads nothing by itself").toEqual([]);
  await app.getByRole("button", { name: "Look up AuroraLong 2B" }).click();
  const model = card(app, "AuroraLong 2B");
  await expect(model.getByRole("button", { name: /^Load/ })).toBeEnabled();
  const loading = dialog(app).getByRole("region", { name: /^Loading/ });
  // Ranges are for looking; what is requested whole is downloaded, and held here.
  const held = "**/pytorch_model-00002-of-00002.bin";
  await app.route(held, (route) => (route.request().headers().range ? route.fallback() : undefined));
  await model.getByRole("button", { name: /^Load/ }).click();
  const first = loading.getByRole("listitem").filter({ hasText: "pytorch_model-00001-of-00002.bin" });
  await expect(first).toContainText("done");
  await dialog(app).getByRole("button", { name: "Cancel" }).click();
  await expect(dialog(app).getByRole("status")).toContainText(/KB are here and are kept/);
  await inUse(app, /^Model: nano-v6$/);
  await dialog(app).getByRole("button", { name: "Go on" }).click();
  await expect(loading.getByRole("listitem").filter({ hasText: "pytorch_model-00001-of-00002.bin" })).toContainText(
    "done",
  );
  // The tab is closed before the rest has come; who comes back finds it going on by itself.
  await app.goto("about:blank");
  await app.unroute(held);
  hub.takeRequests();
  await app.goto("/?model=hub:weili-0234/AuroraLong-RWKV-VID-2B-xtuner");
  await inUse(app, /^Model: (?!nano)/);
  const whole = hub.takeRequests().filter((request) => /pytorch_model-.*\.bin$/.test(request));
  expect(whole.map((request) => request.split("/").at(-1))).toEqual(["pytorch_model-00002-of-00002.bin"]);
});
