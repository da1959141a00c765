import { readdirSync, readFileSync, statSync } from "node:fs";
import { choose, expect } from "./app.ts";
import { testWithHub } from "./hub.ts";

const fixture = "tests/fixtures/whisper";
const id = "onnx-community/whisper-base";

/** The hub has a small Whisper, which knows a few tones by heart, under the name of one that the page proposes, and more that is not wanted. */
const test = testWithHub((hub) => {
  const paths = readdirSync(fixture, { recursive: true })
    .map((path) => String(path).replaceAll("\\", "/"))
    .filter((path) => statSync(`${fixture}/${path}`).isFile() && path !== "expected.json");
  const files = paths.map((path) => [path, new Uint8Array(readFileSync(`${fixture}/${path}`))] as const);
  hub.offer(id, {
    ...Object.fromEntries(files),
    "onnx/decoder_model_q4.onnx": new Uint8Array(5000),
    "README.md": new Uint8Array(9),
  });
});

test.setTimeout(600_000);

test("a recogniser of the hub: looked up, kept, used on the next visit without asking anybody, deleted", async ({
  app,
  hub,
}) => {
  await app.goto("/");
  await app.getByRole("button", { name: "Sample: One object" }).click();
  await app.getByRole("button", { name: "Other languages, fewer mistakes" }).click();
  await expect(app.getByRole("form", { name: "Recogniser" })).toContainText("Whisper large v3 turbo");
  expect(hub.takeRequests()).toEqual([]);
  await app.getByRole("button", { name: "Look up" }).click();
  await expect(app.getByText(new RegExp(`${id} · mit · 1\\.\\d MB`))).toBeVisible();
  await app.getByRole("button", { name: /^Download 1\.\d MB/ }).click();
  const used = app.getByText("Written down by");
  await expect(used).toContainText(id);
  expect(hub.takeRequests().filter((path) => /q4|README/.test(path))).toEqual([]);

  // On the next visit it writes down what it hears, in its own few words.
  await app.reload();
  const asked: string[] = [];
  app.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await choose(app, "tests/fixtures/speech/speech.mp4");
  await expect(used).toContainText(id);
  const lines = app.getByRole("list", { name: "Transcript" }).getByRole("listitem");
  await expect(lines.first()).toContainText(/hum|goes|ton|son|haut|encore|takai|oto|high/, { timeout: 400_000 });
  await expect(app.getByRole("status", { name: "Listening" })).toHaveText("Heard to the end", { timeout: 400_000 });
  expect(asked.filter((path) => path.includes("whisper"))).toEqual([]);
  expect(hub.takeRequests()).toEqual([]);

  await app.getByRole("button", { name: /^Model: / }).click();
  await expect(app.getByRole("dialog", { name: "Models" })).toContainText("writes down speech");
  await app.getByRole("button", { name: `Delete ${id}` }).click();
  await app.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(app.getByRole("dialog", { name: "Models" })).not.toContainText("writes down speech");
  await app.keyboard.press("Escape");
  await expect(app.getByRole("button", { name: "Other languages, fewer mistakes" })).toBeVisible();
});
