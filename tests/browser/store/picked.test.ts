import { beforeEach, expect, it } from "vitest";
import type { ModelChoice, PickedFile } from "../../../src/library/types.ts";
import { library } from "../hub.ts";
import { openInWorker } from "./open-in-worker.ts";

const folder = "/tests/fixtures/models/clipped";
const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
const names = ["config.json", "tokenizer.json", "model.safetensors.index.json", ...shards];

async function pick(change: Readonly<Record<string, BlobPart | null>> = {}): Promise<ModelChoice> {
  const files: PickedFile[] = [];
  for (const name of [...names, ...Object.keys(change).filter((name) => !names.includes(name))]) {
    const content = name in change ? change[name] : await (await fetch(`${folder}/${name}`)).blob();
    const file = content && new File([content], name, { lastModified: 1 });
    if (file) files.push({ path: `picked/clipped/${name}`, file });
  }
  return { kind: "files", name: "clipped", files };
}

beforeEach(() => library.remove());

it("a picked folder is looked at, converted, stored and opened; picked again it is known", async () => {
  const choice = await pick({ "picture.png": "no part of a model", "optimizer.pt": "nor this" });
  const offered = await library.inspect(choice);
  expect(offered).toMatchObject({ downloadBytes: 0, revision: null, stored: [] });
  expect(offered.files.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
  const opened = await openInWorker(choice, { quantization: "f16" });
  expect(opened).toMatchObject({ quantization: "f16", notices: [] });
  expect((await library.inspect(choice)).stored).toEqual(await library.list());
  expect(
    await openInWorker(await pick({ "picture.png": "no part of a model", "optimizer.pt": "nor this" }), {
      quantization: "f16",
    }),
  ).toEqual(opened);
  expect(await library.list()).toHaveLength(1);
});

it.each([
  [
    "no weights",
    { [shards[0] as string]: null, [shards[1] as string]: null, "model.safetensors.index.json": null },
    "ModelNotFound",
    /weights/,
  ],
  ["a shard missing", { [shards[1] as string]: null }, "ModelNotFound", /model-00002-of-00002\.safetensors/],
  ["a damaged shard", { [shards[1] as string]: "damaged" }, "ModelCorrupt", /model-00002-of-00002\.safetensors/],
  ["a damaged config", { "config.json": "{" }, "ModelCorrupt", /config\.json/],
])("a folder with %s is refused with the reason", async (_, change, code, message) => {
  const choice = await pick(change);
  const error = { code, message: expect.stringMatching(message) };
  await expect(openInWorker(choice)).rejects.toMatchObject(error);
  await expect(library.inspect(choice)).rejects.toMatchObject(error);
  expect(await library.list()).toEqual([]);
});

it("files that are no model are refused", async () => {
  const choice: ModelChoice = { kind: "files", name: "holiday", files: [{ path: "a.png", file: new Blob(["x"]) }] };
  await expect(library.inspect(choice)).rejects.toMatchObject({ code: "ModelNotFound" });
});
