import { beforeEach, expect, it } from "vitest";
import { convertInNode, hashStored, hub, library, offer } from "../hub.ts";
import { openInWorker } from "./open-in-worker.ts";

beforeEach(() => library.remove());

it.each([
  ["aurora-xtuner", "f16"],
  ["aurora-xtuner", "int8"],
  ["aurora-xtuner", "int4"],
  ["video-rwkv7", "int4"],
  ["modrwkv", "int8"],
  ["worldrwkv", "int4"],
  ["separate-files", "f16"],
] as const)("%s as %s is stored by the browser as `npm run convert` writes it", async (name, quantization) => {
  const folder = `tests/fixtures/checkpoints/${name}/files`;
  await offer(`someone/${name}`, folder);
  await openInWorker({ kind: "hub", hub, id: `someone/${name}` }, { quantization });
  const [model, ...more] = await library.list();
  expect(more).toEqual([]);
  const expected = await convertInNode(folder, quantization);
  expect(Object.keys(expected)).toContain("model.safetensors.index.json");
  expect(model && (await hashStored(model))).toEqual(expected);
});
