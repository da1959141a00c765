import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countDiskNeed } from "../../../src/library/disk-space.ts";
import { findSource, type ModelSource } from "../../../src/library/model-source.ts";
import { planSource } from "../../../src/library/source-plan.ts";
import { storeModel } from "../../../src/library/store-model.ts";
import { openStored } from "../../../src/library/stored-models.ts";
import { openModelFiles } from "../../../src/model/model-files.ts";
import { createMemoryStore } from "../../../src/storage/memory-store.ts";
import { type HubServer, startHubServer } from "../../hub-server.ts";
import { safetensorsFile } from "../model/safetensors-file.ts";

// What happens to the ids of released models, whose files are small and random here and laid out as there.

const options = {
  patience: { attempts: 1, firstWaitMs: 1, longestWaitMs: 1, stallMs: 5000 },
  assets: { worldVocabulary: async () => readFileSync("public/tokenizers/rwkv_vocab_v20230424.txt") },
  limits: { maxBufferSize: 2 ** 31, software: false, half: false, deviceMemory: null },
};
const fixtures = "tests/fixtures";

/** The files below a folder by their paths in it; those ending in `.gz` unpacked. */
function readFolder(folder: string): Record<string, Uint8Array> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.map((path) => {
      const content = readFileSync(join(folder, path));
      return path.endsWith(".gz") ? [path.slice(0, -3), gunzipSync(content)] : [path, content];
    }),
  );
}

let hub: HubServer;
beforeAll(async () => {
  hub = await startHubServer();
});
afterAll(() => hub.close());

const find = (id: string) => findSource({ kind: "hub", id, hub: hub.url }, options);

/** Downloads a model and converts it, as the page does; the model as it is opened then. */
async function load(id: string | ModelSource) {
  const source = typeof id === "string" ? await find(id) : id;
  const { store, key } = await storeModel(source, createMemoryStore(), {
    ...options,
    hub: hub.url,
    quantization: "int8",
    report: () => undefined,
  });
  const { files } = await openStored(store, key);
  return openModelFiles(files);
}

/** A file of bf16 zeros with these tensors. */
function zeros(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const end = at + 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape, data_offsets: [at, end] };
    at = end;
  }
  return safetensorsFile(header, new Uint8Array(at));
}

/** google/siglip2-base-patch16-384 with one thin layer and small pictures; with some of its text encoder. */
function siglip2(): Record<string, Uint8Array> {
  const [width, inner] = [768, 8];
  const layer = "vision_model.encoder.layers.0";
  const linear = (name: string, out: number, into: number) => ({
    [`${name}.weight`]: [out, into],
    [`${name}.bias`]: [out],
  });
  const norm = (name: string) => ({ [`${name}.weight`]: [width], [`${name}.bias`]: [width] });
  const shapes = {
    "vision_model.embeddings.patch_embedding.weight": [width, 3, 16, 16],
    "vision_model.embeddings.patch_embedding.bias": [width],
    "vision_model.embeddings.position_embedding.weight": [4, width],
    ...norm(`${layer}.layer_norm1`),
    ...norm(`${layer}.layer_norm2`),
    ...Object.assign(
      {},
      ...["q", "k", "v", "out"].map((part) => linear(`${layer}.self_attn.${part}_proj`, width, width)),
    ),
    ...linear(`${layer}.mlp.fc1`, inner, width),
    ...linear(`${layer}.mlp.fc2`, width, inner),
    ...norm("vision_model.post_layernorm"),
    "vision_model.head.probe": [1, 1, width],
    "text_model.embeddings.token_embedding.weight": [40, width],
    logit_scale: [1],
  };
  const vision = { image_size: 32, patch_size: 16, num_attention_heads: 12, layer_norm_eps: 1e-6 };
  return {
    "model.safetensors": zeros(shapes),
    "config.json": json({ model_type: "siglip", vision_config: vision }),
    "preprocessor_config.json": json({ image_processor_type: "SiglipImageProcessor", resample: 2, size: 32 }),
    "tokenizer.json": new Uint8Array(1000),
  };
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const text = (value: string) => Buffer.from(value);

/** The code and the settings that lie beside the weights of such a release, none of which is read. */
function codeOf(name: string): Record<string, Uint8Array> {
  const files = [`modeling_${name}.py`, `configuration_${name}.py`, "hf_rwkv_tokenizer.py", ".gitattributes"];
  return Object.fromEntries(files.map((file) => [file, text("raise SystemExit('this must not run')\n")]));
}

const byId = (name: string) => readFolder(`${fixtures}/releases/by-id/${name}`);
const checkpoint = (name: string) => readFolder(`${fixtures}/checkpoints/${name}/files`);
const release = (name: string) => readFolder(`${fixtures}/releases/${name}`);

const auroraEncoder = { blockNormEps: 1e-5, fit: "crop", resample: "bicubic", selectLayer: -2, postLayernorm: false };
const auroraMerge = { protectFirst: true, dropFirst: true, proportionalAttention: false, order: "ascending" };
const clipMean = [0.48145466, 0.4578275, 0.40821073];
const videoRwkv7 = {
  vision: { ...auroraEncoder, resizeEdge: 48, imageMean: clipMean },
  text: { modelType: "rwkv7" },
  merge: auroraMerge,
  prompt: { memory: { betweenFrames: " ", after: "\n{question}\n\nAssistant:" }, stopIds: [0, 261] },
};
const siglip = {
  fit: "stretch",
  resample: "bilinear",
  imageMean: [0.5, 0.5, 0.5],
  selectLayer: -1,
  postLayernorm: true,
};
const world = { vision: siglip, text: { modelType: "rwkv7" }, projector: { residualNorm: true, hiddenAct: "relu" } };
const turns = (before: string, betweenFrames: string, after: string) => {
  return { ...world, prompt: { memory: { before, betweenFrames, after }, stopIds: [0, 24] } };
};
const picturesFirst = turns("", "", "\x16User: {question}\x17\x16Assistant:");
const marks = turns("\x16User:<|65530|>", "<|65531|><|65530|>", "<|65531|>{question}\x17\x16Assistant:");
const noMarks = turns("\x16User:", "", "{question}\x17\x16Assistant:");

/** Ids, their files, and what of the configuration tells them from their relatives. */
const loaded: [string, Record<string, Uint8Array>, Record<string, unknown>][] = [
  [
    "weili-0234/AuroraLong-RWKV-VID-2B-xtuner",
    { ...checkpoint("aurora-authors"), ...codeOf("rwkv6") },
    {
      vision: { ...auroraEncoder, resizeEdge: 80, imageMean: clipMean },
      text: { modelType: "rwkv6" },
      merge: auroraMerge,
      prompt: { memory: { before: "USER: ", betweenFrames: " ", after: "\n{question} ASSISTANT:" }, stopIds: [0, 261] },
    },
  ],
  ["weili-0234/VideoRWKV7", { ...byId("video-rwkv7"), ...codeOf("rwkv7") }, videoRwkv7],
  [
    "weili-0234/VideoRWKV7-VISTA200k",
    { ...checkpoint("video-rwkv7"), ...codeOf("rwkv7") },
    {
      ...videoRwkv7,
      vision: { ...auroraEncoder, imageMean: clipMean },
    },
  ],
  [
    "weili-0234/ckpt-language-image-descend-3b-1105",
    { ...checkpoint("aurora-authors"), ...codeOf("rwkv6") },
    { vision: auroraEncoder, merge: { ...auroraMerge, order: "descending" } },
  ],
  // With an encoder that was trained, and without.
  ["WorldRWKV/RWKV7-0.4B-siglip2", checkpoint("worldrwkv-first"), picturesFirst],
  ["WorldRWKV/RWKV7-1.5B-siglip2", byId("worldrwkv-g1"), picturesFirst],
  ["WorldRWKV/ModRWKV-0.4", checkpoint("modrwkv"), marks],
  ["WorldRWKV/ModRWKV-0.4-pth", byId("modrwkv-pth"), marks],
  ["ZoomFly/rwkvsee0.4B", byId("rwkvsee"), noMarks],
];

/** How a model for text only is told from those that see. */
const chats = {
  vision: null,
  text: { modelType: "rwkv7" },
  prompt: { nextTurn: "User: {question}\n\nAssistant:", stopIds: [261, 0], stopStrings: ["\n\n"] },
};

const textOnly = zeros({ "emb.weight": [1], "blocks.0.att.r_k": [1], "ln_out.weight": [1], "head.weight": [1] });
const transformer = { "model.embed_tokens.weight": [1], "model.layers.0.self_attn.q_proj.weight": [1] };

/** Ids that are something else, and the sentence that a person reads. */
const refused: [string, Record<string, Uint8Array>, RegExp][] = [
  [
    "ZoomFly/rwkv-vl-0.4b",
    release("rwkv-vl"),
    /^This model sees through an encoder like Qwen's \(patch_embed, merger\), as rwkv-vl does, not through SigLIP\./,
  ],
  [
    "howard-hou/visualrwkv-6",
    release("two-visual-rwkv"),
    /^This model is a VisualRWKV: it takes pictures from other encoders/,
  ],
  [
    "BlinkDL/rwkv-7-world",
    { "RWKV-x070-World-0.1B.pth": textOnly, "RWKV-x070-World-0.4B.pth": textOnly, "README.md": text("#") },
    /holds several models, each in a file of its own: RWKV-x070-World-0\.1B\.pth, RWKV-x070-World-0\.4B\.pth\. All are RWKV for text only: they can chat, but not see\. Choose one of these files/,
  ],
  ["ZoomFly/vlproj", release("vlproj"), /projector of another kind \(proj\.conv or proj\.proj\)/],
  [
    "wchai/AuroraCap-7B-VID-xtuner",
    { "model.safetensors": zeros(transformer) },
    /^This model has a transformer as its language model \(embed_tokens, self_attn\): it is not an RWKV\./,
  ],
  [
    "google/siglip2-base-patch16-384",
    siglip2(),
    /lack a language model \(RWKV-6 or RWKV-7\)\. Choose it together with the other files of the model\./,
  ],
  [
    "google/siglip2-base-patch16-naflex",
    { "model.safetensors": zeros({ "vision_model.embeddings.patch_embedding.weight": [768, 768] }) },
    /lack a language model/,
  ],
  [
    "openai/clip-vit-large-patch14",
    { "model.safetensors": zeros({ "vision_model.embeddings.class_embedding": [1] }) },
    /^This model has CLIP or another encoder with a class token as its picture encoder, not SigLIP\./,
  ],
  [
    "someone/aurora-lora",
    {
      "adapter_config.json": json({ peft_type: "LORA" }),
      "adapter_model.safetensors": zeros({ "a.lora_A.weight": [1] }),
    },
    /^This model is an adapter \(LoRA\).*Merge it into its model first/,
  ],
  ["someone/aurora-with-lora", release("aurora-with-adapter"), /^This model is an adapter \(LoRA\)/],
  [
    "someone/rwkv-gguf",
    { "rwkv7-0.4B-Q4_K_M.gguf": text("GGUF") },
    /cannot read: GGUF \(llama\.cpp\) \(rwkv7-0\.4B-Q4_K_M\.gguf\)/,
  ],
  [
    "MollySophia/rwkv-mobile",
    { "rwkv7.mnn": text("x"), "rwkv7.mnn.weight": text("x") },
    /cannot read: MNN \(rwkv7\.mnn\)/,
  ],
  ["someone/notes", { "README.md": text("#") }, /has no weights in it/],
];

describe("an id of a released model", () => {
  beforeAll(() => {
    hub.offer("google/siglip2-base-patch16-384", siglip2());
    for (const [id, files] of [...loaded, ...refused]) hub.offer(id, files);
  });

  it.each(loaded)("%s is loaded as it was trained", async (id, _, expected) => {
    const { config, tensors, tokenizer } = await load(id);
    expect(config).toMatchObject(expected);
    expect(tokenizer.length).toBeGreaterThan(0);
    expect(tensors.names).toContain("vision_model.embeddings.position_embedding.weight");
    expect(tensors.names.some((name) => /pos_emb|x_x|modality|\.head\./.test(name))).toBe(false);
  });

  it("of one for text only is loaded as what it is: it chats", async () => {
    hub.offer("BlinkDL/rwkv-one", checkpoint("rwkv-world"));
    const { plan } = await planSource(await find("BlinkDL/rwkv-one"), options);
    expect(plan).toMatchObject({ sees: false, layout: "Text-only, RWKV-7 in BlinkDL's names" });
    expect(plan.checkpoint?.config.sees).toBe(false);
    expect(plan.checkpoint?.notices).toEqual([]);
    const { config, tensors } = await load("BlinkDL/rwkv-one");
    expect(config).toMatchObject(chats);
    expect(tensors.names.filter((name) => !/^(emb|blocks|ln_out|head)\./.test(name))).toEqual([]);
  });

  it.each(refused)("%s is refused for what it is", async (id, _, sentence) => {
    const error = await find(id)
      .then((source) => planSource(source, options))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringMatching(sentence) });
    expect(["ModelUnsupported", "ModelNotFound"]).toContain((error as { code: string }).code);
  });
});

it("a release with what training left beside it, in the root or in a folder, is the release", async () => {
  const training = release("aurora-training-pth")["iter.pth"] as Uint8Array;
  for (const place of ["iter_2000.pth", "work_dirs/iter_2000.pth"]) {
    hub.offer("someone/left", { ...release("aurora-meta-pos-emb"), [place]: training });
    const { plan } = await planSource(await find("someone/left"), options);
    expect(plan.layout).toBe("AuroraLong, RWKV-6 in Hugging Face's names");
  }
});

describe("a WorldRWKV picked from a disk", () => {
  const picked = (files: Record<string, Uint8Array>) => {
    const each = Object.entries(files).map(([path, content]) => ({ path, file: new Blob([new Uint8Array(content)]) }));
    return findSource({ kind: "files", name: "picked", files: each }, options);
  };

  it("gets the encoder that it lacks from the hub, and nothing else", async () => {
    hub.takeRequests();
    const source = await picked(byId("worldrwkv-g1"));
    const { plan, source: whole } = await planSource(source, { ...options, hub: hub.url });
    expect(whole.label).toBe("picked with google/siglip2-base-patch16-384");
    const encoder = siglip2()["model.safetensors"] as Uint8Array;
    const { downloadBytes } = await countDiskNeed(whole, plan, "int8", null);
    expect(downloadBytes).toBeGreaterThanOrEqual(encoder.length);
    expect(downloadBytes).toBeLessThan(encoder.length + 2000);
    const { config, tensors } = await load(source);
    expect(config).toMatchObject(picturesFirst);
    expect(tensors.names).toContain("blocks.1.att.key.weight");
    expect(hub.takeRequests().filter((request) => !request.includes("google/siglip2-base-patch16-384"))).toEqual([]);
  });

  it("is told which encoder it lacks where the hub cannot be reached, and loads with it picked too", async () => {
    const offline = { ...options, hub: "http://127.0.0.1:9" };
    await expect(planSource(await picked(byId("worldrwkv-g1")), offline)).rejects.toThrow(
      /google\/siglip2-base-patch16-384: download both models' files, and choose them together/,
    );
    const encoder = Object.fromEntries(
      Object.entries(siglip2()).map(([path, content]) => [`siglip2/${path}`, content]),
    );
    const { plan } = await planSource(await picked({ ...byId("worldrwkv-g1"), ...encoder }), offline);
    expect(plan.layout).toBe("WorldRWKV, RWKV-7 in BlinkDL's names");
  });
});

describe("a repository of several models that see", () => {
  const several = Object.fromEntries(
    [0, 1].map((step) => [`rwkv-${step}.pth`, byId("worldrwkv-g1")["rwkv-0.pth"] as Uint8Array]),
  );

  it("lists its files, of which one is loaded by its address", async () => {
    hub.offer("WorldRWKV/steps", several);
    await expect(planSource(await find("WorldRWKV/steps"), options)).rejects.toThrow(
      /several models, each in a file of its own: rwkv-0\.pth, rwkv-1\.pth\. Choose one of these files/,
    );
    const [all, first, second] = await Promise.all(
      ["", "/blob/main/rwkv-0.pth", "/resolve/main/rwkv-1.pth?download=true"].map((file) =>
        find(`https://huggingface.co/WorldRWKV/steps${file}`),
      ),
    );
    expect(new Set([all?.key, first?.key, second?.key]).size).toBe(3);
    expect(second?.label).toMatch(/ \(rwkv-1\.pth\)$/);
    const { plan } = await planSource(second as NonNullable<typeof second>, options);
    expect(plan.files.map(({ path }) => path).filter((path) => path.endsWith(".pth"))).toEqual(["rwkv-1.pth"]);
  });
});
