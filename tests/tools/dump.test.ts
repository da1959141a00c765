import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toFloat32 } from "../../src/model/half.ts";
import { openSafetensors } from "../../src/model/safetensors.ts";
import type { TensorSource } from "../../src/model/tensors.ts";
import { dump } from "../../tools/dump.ts";
import type { Host } from "../../tools/host.ts";
import { expectClose } from "../close.ts";
import { lend, noBrowser, openTestHost, runAlone, runHere } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

/** One browser for all that need no process of their own. */
let host: Host;
beforeAll(async () => {
  host = await openTestHost();
});
afterAll(() => host.close());

test.each([
  ["released-quirks", 3, (args: string[]) => runHere(dump, lend(host), ...args)],
  ["big-head", 2, (args: string[]) => runHere(dump, lend(host), ...args)],
  ["goose, as a person runs it", 3, (args: string[]) => runAlone("dump", ...args)],
])("writes what PyTorch computes: %s", async (what, frames, run) => {
  const [name] = what.split(",");
  const folder = `tests/fixtures/models/${name}`;
  const { prompt_ids: promptIds } = JSON.parse(readFileSync(`${folder}/reference/prompt.json`, "utf8"));
  const images = Array.from({ length: frames }, (_, i) => ["--image", `${folder}/reference/frame-${i}.png`]).flat();
  const out = scratch(`${name}.safetensors`);
  const { code } = await run(["--model", folder, ...images, "--prompt-ids", promptIds.join(), "--out", out]);
  expect(code).toBe(0);

  const [written, reference] = await Promise.all([open(out), open(`${folder}/reference/tensors.safetensors`)]);
  expect([...written.names].sort()).toEqual([...reference.names].sort());
  for (const tensor of reference.names) {
    const [found, expected] = await Promise.all([written.read(tensor), reference.read(tensor)]);
    expect({ tensor, shape: found.shape }).toEqual({ tensor, shape: expected.shape });
    expectClose(toFloat32(found), toFloat32(expected), tensor === "sizes" ? 0 : tensor === "pixels" ? 1e-6 : 1e-5);
  }
});

test("says in one line what is wrong, and fails", async () => {
  const image = "tests/fixtures/models/one-token/reference/frame-0.png";
  const out = scratch("none.safetensors");
  const model = ["--model", "tests/fixtures/models/one-token"];
  const far = await runHere(dump, lend(host), ...[...model, "--image", image, "--prompt-ids", "123456", "--out", out]);
  expect(far).toMatchObject({ code: 1, err: expect.stringMatching(/ModelUnsupported: The prompt id 123456/) });
  const nothing = await runHere(dump, noBrowser, ...model, "--out", out);
  expect(nothing).toMatchObject({ code: 1, err: expect.stringMatching(/usage: npm run dump/) });
});

async function open(path: string): Promise<TensorSource> {
  const bytes = new Uint8Array(readFileSync(path));
  return openSafetensors({
    name: path,
    byteLength: bytes.byteLength,
    read: async (begin, end) => bytes.subarray(begin, end),
  });
}
