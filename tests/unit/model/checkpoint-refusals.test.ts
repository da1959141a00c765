import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../../src/model/checkpoint.ts";
import { memoryFiles } from "./memory-reader.ts";
import { safetensorsFile } from "./safetensors-file.ts";

const assets = { worldVocabulary: () => Promise.reject(new Error("not needed")) };

/** Names and shapes of a whole ModRWKV. */
const whole = new Map(
  Object.entries<[number[], string]>(
    JSON.parse(readFileSync("tests/fixtures/checkpoints/worldrwkv/weights.json", "utf8")),
  ).map(([name, [shape]]) => [
    name.replace(/^connector\.norm\./, "proj.pre_norm.").replace(/^connector\./, "proj.mlp."),
    shape,
  ]),
);

/** A file of zeros with these tensors. */
function weights(shapes: Iterable<readonly [string, readonly number[]]>): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of shapes) {
    const begin = at;
    at += 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape, data_offsets: [begin, at] };
  }
  return safetensorsFile(header, new Uint8Array(at));
}

function part(prefix: RegExp): [string, readonly number[]][] {
  return [...whole].filter(([name]) => prefix.test(name));
}

const language = part(/^(emb|blocks|ln_out|head)\./);
const vision = part(/^vision_model\./);
const projector = part(/^proj\./);

function open(...shapes: (readonly [string, readonly number[]])[]) {
  return openCheckpoint(memoryFiles({ "model.safetensors": weights(shapes) }), assets);
}

test("opens the whole of what is taken apart below", async () => {
  await expect(open(...whole)).resolves.toMatchObject({ layout: "ModRWKV, RWKV-7 in BlinkDL's names" });
});

test("takes low-rank factors either way round, as web-rwkv's form of RWKV-7 has them", async () => {
  const swapped = [...whole].map(
    ([name, shape]) => [name, /\.att\.[wavg][12]$/.test(name) ? shape.toReversed() : shape] as const,
  );
  const { tensors } = await open(...swapped);
  for (const name of ["blocks.0.att.w1", "blocks.1.att.v2"]) expect(tensors.info(name)?.shape).toEqual(whole.get(name));
  expect(whole.get("blocks.0.att.w1")).toEqual([32, 8]);
});

test("names tensors that no model has", async () => {
  await expect(open(...whole, ["blocks.0.ffn.s_emb.weight", [2, 2]])).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("blocks.0.ffn.s_emb.weight"),
  });
  const extra = Array.from({ length: 9 }, (_, i) => [`lora.${i}.weight`, [1]] as const);
  await expect(open(...whole, ...extra)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("lora.0.weight, lora.1.weight, lora.2.weight and 6 more (9 in all)"),
  });
});

test("names tensors that are missing", async () => {
  await expect(open(...[...whole].filter(([name]) => name !== "blocks.1.att.k_k"))).rejects.toMatchObject({
    code: "ModelCorrupt",
    message: expect.stringContaining("blocks.1.att.k_k is missing"),
  });
  await expect(open(...[...whole].filter(([name]) => !name.startsWith("blocks.1.ffn.")))).rejects.toMatchObject({
    code: "ModelCorrupt",
    message: expect.stringContaining(
      "blocks.1.ffn.x_k, blocks.1.ffn.key.weight, blocks.1.ffn.value.weight are missing",
    ),
  });
});

test("names a tensor of the wrong shape, with both shapes", async () => {
  const wrong = [...whole].map(([name, shape]) => [name, name === "ln_out.bias" ? [31] : shape] as const);
  await expect(open(...wrong)).rejects.toMatchObject({
    code: "ModelCorrupt",
    message: expect.stringContaining("ln_out.bias has shape [31], expected [32]"),
  });
});

test.each([
  ["a picture encoder", [...language, ...projector]],
  ["a language model", [...vision, ...projector]],
  ["a projector", [...vision, ...language]],
])("says that %s is lacking", async (what, shapes) => {
  await expect(open(...shapes)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining(`lack ${what}`),
  });
});

test("does not choose between two language models", async () => {
  const files = memoryFiles({ "model.safetensors": weights(whole), "other/model.safetensors": weights(language) });
  await expect(openCheckpoint(files, assets)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringMatching(/language model .* twice: in the folder itself and other/),
  });
});

test("refuses models of other kinds by name", async () => {
  const renamed = [
    ...language.map(([name, shape]) => [`rwkv.${name}`, shape] as const),
    ["vit.vision_model.embeddings.class_embedding", [32]] as const,
    ["proj.weight", [32, 32]] as const,
  ];
  await expect(open(...renamed)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("VisualRWKV"),
  });
  await expect(open(...whole, ["vision_model.embeddings.class_embedding", [32]])).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("CLIP"),
  });
  const older = language.map(([name, shape]) => [name.replace(/r_k$/, "time_mix_k"), shape] as const);
  await expect(open(...older, ...vision, ...projector)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("neither RWKV-6 nor RWKV-7"),
  });
});

test("refuses patches of any size, and pictures that are not square", async () => {
  const naflex = [...whole].map(
    ([name, shape]) => [name, /patch_embedding\.weight$/.test(name) ? [32, 768] : shape] as const,
  );
  await expect(open(...naflex)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("patches of any size"),
  });
  const oblong = [...whole].map(
    ([name, shape]) => [name, /position_embedding\.weight$/.test(name) ? [10, 32] : shape] as const,
  );
  await expect(open(...oblong)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("10 patches"),
  });
});

test("says that there are no weights, or that they are quantised already", async () => {
  await expect(openCheckpoint(memoryFiles({ "notes.txt": "" }), assets)).rejects.toMatchObject({
    code: "ModelNotFound",
  });
  const config = JSON.stringify({ model_type: "auroralong", quantization_config: { bits: 8 } });
  await expect(openCheckpoint(memoryFiles({ "config.json": config }), assets)).rejects.toMatchObject({
    code: "ModelUnsupported",
    message: expect.stringContaining("quantised already"),
  });
});
