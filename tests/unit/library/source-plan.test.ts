import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { findSource } from "../../../src/library/model-source.ts";
import { planSource } from "../../../src/library/source-plan.ts";
import { type HubServer, startHubServer } from "../../hub-server.ts";
import { safetensorsFile } from "../model/safetensors-file.ts";

const options = {
  patience: { attempts: 1, firstWaitMs: 1, longestWaitMs: 1, stallMs: 5000 },
  assets: { worldVocabulary: async () => new Uint8Array() },
  limits: { maxBufferSize: 2 ** 30, software: false, half: false, deviceMemory: null },
};

/** Names and shapes of a small WorldRWKV, whose encoder is made as wide as the released one. */
const shapes = Object.entries<[number[], string]>(
  JSON.parse(readFileSync("tests/fixtures/checkpoints/worldrwkv/weights.json", "utf8")),
).map(([name, [shape]]): [string, number[]] => {
  if (name.startsWith("vision_model.")) return [name, shape.map((size) => (size === 32 ? 768 : size))];
  if (name === "connector.0.weight") return ["proj.mlp.0.weight", [shape[0] ?? 0, 768]];
  return [name.replace(/^connector\.norm\./, "proj.pre_norm.").replace(/^connector\./, "proj.mlp."), shape];
});

function weights(wanted: (name: string) => boolean): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of shapes.filter(([name]) => wanted(name))) {
    const end = at + 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape, data_offsets: [at, end] };
    at = end;
  }
  return safetensorsFile(header, new Uint8Array(at));
}

const isVision = (name: string) => name.startsWith("vision_model.");
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

let hub: HubServer | null = null;
afterEach(async () => {
  await hub?.close();
  hub = null;
});

async function find(id: string) {
  return findSource({ kind: "hub", id, hub: hub?.url ?? "" }, options);
}

it("offers a ModRWKV without its encoder together with the one it was trained with", async () => {
  hub = await startHubServer();
  const own = weights((name) => !isVision(name));
  const encoder = weights(isVision);
  hub.offer("someone/mod", { "model.safetensors": own });
  hub.offer("google/siglip2-base-patch16-384", {
    "model.safetensors": encoder,
    "config.json": json({ model_type: "siglip", vision_config: { num_attention_heads: 12 } }),
    "preprocessor_config.json": json({ image_processor_type: "SiglipImageProcessor", resample: 2 }),
    "tokenizer.json": new Uint8Array(1000),
  });
  const { source, plan } = await planSource(await find("someone/mod"), options);
  expect(plan.layout).toBe("ModRWKV, RWKV-7 in BlinkDL's names");
  expect(plan.files.map(({ path }) => path)).toEqual([
    "model.safetensors",
    "google--siglip2-base-patch16-384/config.json",
    "google--siglip2-base-patch16-384/model.safetensors",
    "google--siglip2-base-patch16-384/preprocessor_config.json",
  ]);
  const bytes = plan.files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(bytes).toBeGreaterThan(own.length + encoder.length);
  expect(source.label).toMatch(/^someone\/mod at \w+ with google\/siglip2-base-patch16-384$/);
  // What is downloaded comes from where it lies.
  const urls = source.hub?.repository.files.map(({ url }) => url.pathname.split("/resolve/")[0]);
  expect(new Set(urls)).toEqual(new Set(["/someone/mod", "/google/siglip2-base-patch16-384"]));
  expect(plan.checkpoint?.config.vision_config).toMatchObject({ num_attention_heads: 12, resample: "bilinear" });
});

it("says where the encoder should be when the hub does not have it", async () => {
  hub = await startHubServer();
  hub.offer("someone/mod", { "model.safetensors": weights((name) => !isVision(name)) });
  await expect(planSource(await find("someone/mod"), options)).rejects.toThrow(/google\/siglip2-base-patch16-384/);
});

it("looks for nothing else where a model is whole, or is something else", async () => {
  hub = await startHubServer();
  hub.offer("someone/whole", { "model.safetensors": weights(() => true) });
  hub.offer("someone/language", { "model.safetensors": weights((name) => /^(emb|blocks|ln_out|head)\./.test(name)) });
  const { plan } = await planSource(await find("someone/whole"), options);
  expect(plan.files.map(({ path }) => path)).toEqual(["model.safetensors"]);
  // A model for text only that lacks its vocabulary, which is not that of all World models.
  const refusal = /vocabulary of 512 entries: it was trained with another tokenizer than RWKV World's/;
  await expect(planSource(await find("someone/language"), options)).rejects.toThrow(refusal);
  expect(hub.takeRequests().some((request) => request.includes("siglip2"))).toBe(false);
});
