import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/model/checkpoint.ts";
import type { Checkpoint } from "../../../src/model/checkpoint-type.ts";
import { parseConfig } from "../../../src/model/config.ts";
import type { FileSet } from "../../../src/model/file-set.ts";
import { toFloat32, toHalfBits } from "../../../src/model/half.ts";
import { auroraLong } from "../../../src/model/layouts/families.ts";
import { memoryLeadIn, sandwichPrompt } from "../../../src/text/prompt.ts";
import { createWorldTokenizer } from "../../../src/text/world-tokenizer.ts";
import { openNodeFiles } from "../../../tools/node-files.ts";

const root = "tests/fixtures/checkpoints";
const assets = { worldVocabulary: async () => readFileSync("public/tokenizers/rwkv_vocab_v20230424.txt") };

/** Our names → shape and SHA-256 of the values as f32, as Python knows them. */
type Weights = Readonly<Record<string, readonly [shape: number[], sha256: string]>>;

function readWeights(name: string): Weights {
  return JSON.parse(readFileSync(`${root}/${name}/weights.json`, "utf8"));
}

async function open(name: string): Promise<Checkpoint> {
  return openCheckpoint(await openNodeFiles([`${root}/${name}/files`]), assets);
}

/** The names of what a family uses: AuroraLong neither the encoder's last layer nor its last norm. */
function usedNames(weights: Weights, checkpoint: Checkpoint): string[] {
  const { vision } = parseConfig(checkpoint.config);
  if (!vision) return Object.keys(weights);
  const unused = vision.postLayernorm
    ? []
    : ["vision_model.post_layernorm.", `vision_model.encoder.layers.${vision.numHiddenLayers - 1}.`];
  return Object.keys(weights).filter((name) => !unused.some((prefix) => name.startsWith(prefix)));
}

describe.each([
  ["aurora-xtuner", "AuroraLong, RWKV-6 in Hugging Face's names"],
  ["aurora-authors", "AuroraLong, RWKV-6 in Hugging Face's names"],
  ["separate-files", "AuroraLong, RWKV-6 in BlinkDL's names"],
  ["video-rwkv7", "AuroraLong, RWKV-7 in flash-linear-attention's names"],
  ["video-rwkv7-early", "AuroraLong, RWKV-7 in flash-linear-attention's names"],
  ["modrwkv", "ModRWKV, RWKV-7 in flash-linear-attention's names"],
  ["worldrwkv", "ModRWKV, RWKV-7 in BlinkDL's names"],
  ["worldrwkv-first", "WorldRWKV, RWKV-7 in BlinkDL's names"],
  ["rwkv-world", "Text-only, RWKV-7 in BlinkDL's names"],
])("%s", (name, layout) => {
  test("is recognised, and has our names, shapes and Python's values", async () => {
    const checkpoint = await open(name);
    expect(checkpoint.layout).toBe(layout);
    const weights = readWeights(name);
    const { tensors } = checkpoint;
    expect([...tensors.names].sort()).toEqual(usedNames(weights, checkpoint).sort());
    for (const tensor of tensors.names) {
      const [shape, sha256] = weights[tensor] ?? [];
      const found = await tensors.read(tensor);
      const digest = createHash("sha256").update(toFloat32(found)).digest("hex");
      expect({ tensor, shape: found.shape, digest }).toEqual({ tensor, shape, digest: sha256 });
      expect(tensors.info(tensor)).toEqual({ shape, dtype: found.dtype });
    }
  });

  test("reads rows as it reads whole tensors", async () => {
    const { tensors } = await open(name);
    for (const tensor of tensors.names) {
      const whole = await tensors.read(tensor);
      const [rows = 0, ...width] = whole.shape;
      const [first, end] = [Math.floor(rows / 3), Math.ceil((2 * rows) / 3)];
      const some = await tensors.read(tensor, [first, end]);
      const rowBytes = whole.bytes.byteLength / rows;
      expect({ tensor, shape: some.shape }).toEqual({ tensor, shape: [end - first, ...width] });
      expect(Buffer.compare(some.bytes, whole.bytes.subarray(first * rowBytes, end * rowBytes))).toBe(0);
    }
  });
});

test("takes sizes from shapes, and the rest from the encoder's own files", async () => {
  const { config, license, documents, tokenizer } = await open("aurora-xtuner");
  expect(parseConfig(config)).toMatchObject({
    license: "mit",
    vision: {
      imageSize: 80,
      patchSize: 16,
      hiddenSize: 64,
      intermediateSize: 128,
      numHiddenLayers: 4,
      numAttentionHeads: 2,
      selectLayer: -2,
      postLayernorm: false,
      resample: "bicubic",
      fit: "stretch",
    },
    merge: { r: [5, 5, 5], protectFirst: true, dropFirst: true, proportionalAttention: false, order: "ascending" },
    projector: { depth: 2, hiddenAct: "gelu", hiddenSize: 128, residualNorm: false },
    text: {
      modelType: "rwkv6",
      hiddenSize: 128,
      numHiddenLayers: 2,
      headSize: 64,
      intermediateSize: 448,
      vocabSize: 512,
    },
    tokenizer: { type: "rwkv-world" },
    sampling: { fps: 1 },
  });
  expect(license).toBe("mit");
  expect(documents?.map(({ file }) => file)).toEqual(["README.md"]);
  const own = readFileSync(`${root}/aurora-xtuner/files/rwkv_vocab_v20230424.txt`);
  expect(Buffer.compare(await tokenizer.read(), own)).toBe(0);
});

test("knows what ModRWKV does not write down", async () => {
  const { config, notices, tokenizer } = await open("modrwkv");
  expect(parseConfig(config)).toMatchObject({
    vision: { numAttentionHeads: 1, selectLayer: -1, postLayernorm: true, resample: "bilinear", fit: "stretch" },
    merge: { r: [0, 0], dropFirst: false },
    projector: { hiddenAct: "relu", hiddenSize: 64, residualNorm: true },
    text: { modelType: "rwkv7", headSize: 8, vocabSize: 65536 },
  });
  expect(notices.join()).toMatch(/stretched to a square \(bilinear\)/);
  expect(Buffer.compare(await tokenizer.read(), await assets.worldVocabulary())).toBe(0);
});

test("merges as the release of 2B does: 21 of 576 tokens in each of 23 layers", () => {
  expect(auroraLong.merge(576, 24)).toMatchObject({ r: Array(23).fill(21) });
});

test("prompts in the tokens that the models were trained with", async () => {
  const tokenizer = createWorldTokenizer(await assets.worldVocabulary());
  const aurora = parseConfig({ ...(await open("aurora-xtuner")).config });
  expect(sandwichPrompt(aurora.prompt, tokenizer, "hi")).toEqual({
    before: [24281, 59, 4571, 11],
    betweenFrames: [33],
    after: tokenizer.encode("\nhi\n\nAssistant:"),
  });
  expect(aurora.prompt.stopIds).toEqual([0, 261]);
  const { prompt } = parseConfig((await open("modrwkv")).config);
  expect(memoryLeadIn(prompt, tokenizer)).toEqual({
    before: [23, 24281, 59, 65530],
    betweenFrames: [65531, 65530],
  });
  expect(sandwichPrompt(prompt, tokenizer, "hi").after).toEqual([
    65531,
    ...tokenizer.encode("hi"),
    24,
    23,
    5585,
    41693,
    59,
  ]);
  expect(prompt.stopIds).toEqual([0, 24]);
});

test("reads web-rwkv's form of a language model as BlinkDL's", async () => {
  const files = await openNodeFiles([`${root}/separate-files/files`, `${root}/separate-files/web-rwkv`]);
  const [blinkdl, webRwkv] = await Promise.all([
    open("separate-files"),
    openCheckpoint(
      without(files, (path) => path.startsWith("RWKV") && path.endsWith(".pth")),
      assets,
    ),
  ]);
  expect(webRwkv.layout).toBe("AuroraLong, RWKV-6 in web-rwkv's names");
  expect(webRwkv.config).toEqual(blinkdl.config);
  expect([...webRwkv.tensors.names].sort()).toEqual([...blinkdl.tensors.names].sort());
  for (const tensor of webRwkv.tensors.names) {
    const [found, expected] = [await webRwkv.tensors.read(tensor), await blinkdl.tensors.read(tensor)];
    expect({ tensor, shape: found.shape }).toEqual({ tensor, shape: expected.shape });
    expect(Buffer.compare(Buffer.from(toHalfBits(found)), Buffer.from(toHalfBits(expected)))).toBe(0);
  }
});

test("leaves model folders of ours as they are", async () => {
  const folder = "tests/fixtures/models/clipped";
  const checkpoint = await openCheckpoint(await openNodeFiles([folder]), assets);
  expect(checkpoint.config).toEqual(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")));
  const index = JSON.parse(readFileSync(`${folder}/model.safetensors.index.json`, "utf8"));
  expect([...checkpoint.tensors.names].sort()).toEqual(Object.keys(index.weight_map).sort());
  expect(checkpoint.tokenizer.file).toBe("tokenizer.json");
});

function without(files: FileSet, isLeftOut: (path: string) => boolean): FileSet {
  return { ...files, files: files.files.filter(({ path }) => !isLeftOut(path)) };
}
