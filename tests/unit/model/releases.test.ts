import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/model/checkpoint.ts";
import { parseConfig } from "../../../src/model/config.ts";
import { selectModelFiles } from "../../../src/model/select-files.ts";
import { openNodeFiles } from "../../../tools/node-files.ts";
import { memoryFiles } from "./memory-reader.ts";
import { safetensorsFile } from "./safetensors-file.ts";

/** Small folders as released models are written, by their authors' own code where that is public. */
const root = "tests/fixtures/releases";
const assets = { worldVocabulary: async () => readFileSync("public/tokenizers/rwkv_vocab_v20230424.txt") };
const open = async (...names: string[]) =>
  openCheckpoint(await openNodeFiles(names.map((name) => `${root}/${name}`)), assets);

test.each(["aurora-meta-pos-emb", "aurora-pos-emb", "aurora-training-pth"])(
  "%s is opened, whatever its encoder's second copy of the positions is",
  async (name) => {
    const { layout, config, tensors, notices } = await open(name);
    expect(layout).toBe("AuroraLong, RWKV-6 in Hugging Face's names");
    expect(parseConfig(config).vision).toMatchObject({ imageSize: 12, patchSize: 4, hiddenSize: 32 });
    expect(tensors.names.some((tensor) => tensor.includes("pos_emb"))).toBe(false);
    expect(notices.join()).not.toContain("pos_emb");
  },
);

describe.each([
  ["rwkv-vl", /an encoder like Qwen's \(patch_embed, merger\)/],
  ["two-visual-rwkv", /VisualRWKV/],
  ["vlproj", /projector of another kind \(proj\.conv/],
  ["aurora-with-adapter", /adapter \(LoRA\).*Merge it into its model first/],
  [
    "worldrwkv-without-encoder",
    /google\/siglip2-base-patch16-384: download both models' files, and choose them together/,
  ],
])("%s", (name, message) => {
  test("is refused for what it is", async () => {
    await expect(open(name)).rejects.toMatchObject({
      code: "ModelUnsupported",
      message: expect.stringMatching(message),
    });
  });
});

/** A file of tensors of one bf16 zero each, by name, or of the shapes given. */
function weights(tensors: Readonly<Record<string, readonly number[]>>): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(tensors)) {
    const end = at + 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape, data_offsets: [at, end] };
    at = end;
  }
  return safetensorsFile(header, new Uint8Array(at));
}

const one = (...names: string[]) => weights(Object.fromEntries(names.map((name) => [name, [1]])));
const textOnly = one("emb.weight", "blocks.0.att.r_k", "ln_out.weight", "head.weight");
const adapterOf768 = {
  "proj.mlp.0.weight": [8, 768],
  "proj.mlp.2.weight": [4, 8],
  "proj.pre_norm.weight": [4],
  "llm.emb.weight": [4, 4],
};

/** What the files are, and the sentence about it. */
const refused: [string, Readonly<Record<string, Uint8Array | string>>, RegExp][] = [
  [
    "several models side by side",
    { "a-0.1B.pth": textOnly, "b-0.4B.pth": textOnly, "c.safetensors": one("other") },
    /holds several models, each in a file of its own: a-0\.1B\.pth, b-0\.4B\.pth\. Choose one/,
  ],
  [
    "a ModRWKV without its encoder",
    { "model.safetensors": weights(adapterOf768) },
    /lack a picture encoder \(SigLIP\)\. It was trained with google\/siglip2-base-patch16-384: download both/,
  ],
  [
    "AuroraCap",
    {
      "model.safetensors": one("model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight"),
      "visual_encoder/model.safetensors": one("vision_model.embeddings.class_embedding"),
    },
    /transformer as its language model \(embed_tokens, self_attn\): it is not an RWKV/,
  ],
  [
    "Qwen's tower with a merger",
    { "model.safetensors": one("visual.patch_embed.proj.weight", "visual.merger.mlp.0.weight", "emb.weight") },
    /an encoder like Qwen's/,
  ],
  ["CLIP", { "model.safetensors": one("vision_model.embeddings.class_embedding") }, /not SigLIP/],
  [
    "a projector over time",
    { "model.safetensors": one("proj.proj.weight", "emb.weight") },
    /projector of another kind/,
  ],
  ["an adapter's settings", { "adapter_config.json": "{}", "adapter_model.bin": textOnly }, /adapter \(LoRA\)/],
  ["an adapter of embeddings", { "a.safetensors": one("base_model.model.emb.lora_embedding_A") }, /adapter \(LoRA\)/],
  ["GGUF", { "rwkv-Q4.gguf": "GGUF" }, /format that this app cannot read: GGUF \(llama\.cpp\) \(rwkv-Q4\.gguf\)/],
  ["MNN", { "llm.mnn": "x", "config.json": "{}" }, /cannot read: MNN/],
];

test.each(refused)("%s is refused for what it is", async (_, contents, message) => {
  const all = memoryFiles(contents);
  const files = { ...all, files: selectModelFiles(all.files) };
  await expect(openCheckpoint(files, assets)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringMatching(message),
  });
});

test("weights of other formats beside some that can be read are left out", () => {
  const paths = ["model.safetensors", "model-Q4.gguf", "onnx/model.onnx"].map((path) => ({ path }));
  expect(selectModelFiles(paths)).toEqual([{ path: "model.safetensors" }]);
});
