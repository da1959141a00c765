import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toFloat32 } from "../../src/model/half.ts";
import { openWeightFolder } from "../../src/model/open-weights.ts";
import type { TensorSource } from "../../src/model/tensors.ts";
import { convert } from "../../tools/convert.ts";
import type { Host } from "../../tools/host.ts";
import { openNodeFiles } from "../../tools/node-files.ts";
import { relativeError } from "../close.ts";
import { openTestHost } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

/** Small checkpoints laid out as released ones, with what other implementations compute from them. */
const checkpoints = ["aurora-xtuner", "aurora-authors", "separate-files", "modrwkv"];

/** The same of which one form is enough: their language models are quantised as those above are. */
const once = ["video-rwkv7", "worldrwkv-first"];

/** Largest relative errors of states and logits: 1e-3 as f16, for the others about twice what was measured. */
const forms = [
  ["f16", { states: 1e-3, logits: 1e-3 }],
  ["int8", { states: 0.025, logits: 0.025 }],
  ["int4", { states: 0.35, logits: 0.4 }],
] as const;

const silent = { print: () => undefined, warn: () => undefined };

/** One browser for all. */
let host: Host;
beforeAll(async () => {
  host = await openTestHost();
});
afterAll(() => host.close());

describe.each([...checkpoints, ...once])("%s", (name) => {
  test.each(once.includes(name) ? forms.slice(0, 1) : forms)(
    "converted to %s computes what its reference does",
    async (form, bounds) => {
      const folder = `tests/fixtures/checkpoints/${name}`;
      const model = `${name}-${form}`;
      await convert([`${folder}/files`, "--out", scratch(model), "--quant", form], silent);
      const { prompt_ids: promptIds } = JSON.parse(readFileSync(`${folder}/reference/prompt.json`, "utf8"));
      const images = [0, 1].map((frame) => `${folder}/reference/frame-${frame}.png`);
      const command = { model: host.modelAddress(scratch(model)), encoder: "auto", promptIds } as const;
      mkdirSync(scratch(`${model}-dump`));
      await host.download(scratch(`${model}-dump/model.safetensors`), "dump", command, images);

      const [found, expected] = await Promise.all([
        openFolder(scratch(`${model}-dump`)),
        openFolder(`${folder}/reference`),
      ]);
      const error = async (tensor: string) =>
        relativeError(await floats(found, tensor), await floats(expected, tensor));
      expect(await floats(found, "sizes")).toEqual(await floats(expected, "sizes"));
      // The encoder and the projector are f16 in all forms.
      expect(await error("merged")).toBeLessThan(1e-3);
      expect(await error("visual")).toBeLessThan(1e-3);
      const layers = expected.names.filter((tensor) => tensor.startsWith("state."));
      expect(layers.length).toBeGreaterThan(1);
      const states = Math.max(...(await Promise.all(layers.map(error))));
      expect(states).toBeLessThan(bounds.states);
      expect(await error("logits")).toBeLessThan(bounds.logits);
    },
  );
});

async function openFolder(folder: string): Promise<TensorSource> {
  const source = await openWeightFolder(await openNodeFiles([folder]), "");
  if (!source) throw new Error(`${folder} has no weights`);
  return source;
}

async function floats(source: TensorSource, name: string): Promise<Float32Array> {
  return toFloat32(await source.read(name));
}
