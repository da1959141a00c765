import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AuroraError } from "../../../src/errors.ts";
import { parseConfig, usedLayers } from "../../../src/model/config.ts";

const nano = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));

/** Only what the format demands. */
const smallest = {
  model_type: "auroralong",
  vision_config: {
    image_size: 384,
    patch_size: 16,
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: 24,
    num_attention_heads: 16,
  },
  text_config: { model_type: "rwkv6", hidden_size: 2048, num_hidden_layers: 24, vocab_size: 65536 },
  prompt: { sandwich: { after: "{question}" }, memory: { after: "\n{question}:" }, stop_ids: [0, 261] },
};

describe("parseConfig", () => {
  test("reads the embedded model's config", () => {
    const config = parseConfig(nano);
    expect(config.name).toBe("nano-v6");
    expect(config.license).toMatch(/^Apache-2.0/);
    expect(config.vision).toEqual({
      imageSize: 96,
      patchSize: 12,
      hiddenSize: 128,
      intermediateSize: 512,
      numHiddenLayers: 6,
      numAttentionHeads: 4,
      hiddenAct: "gelu_pytorch_tanh",
      layerNormEps: 1e-6,
      blockNormEps: 1e-6,
      selectLayer: -1,
      postLayernorm: true,
      imageMean: [0.5, 0.5, 0.5],
      imageStd: [0.5, 0.5, 0.5],
      resample: "bicubic",
      fit: "crop",
      resizeEdge: null,
      rescaleFactor: 1 / 255,
      columnsFirst: true,
    });
    expect(config.merge).toEqual({
      r: [18, 13, 9, 7, 5, 0],
      protectFirst: false,
      dropFirst: false,
      proportionalAttention: true,
      order: "ascending",
      sort: "every-layer",
    });
    expect(config.projector).toEqual({
      depth: 2,
      hiddenAct: "gelu",
      hiddenSize: config.text.hiddenSize,
      residualNorm: false,
    });
    expect(config.text).toEqual({
      modelType: "rwkv6",
      hiddenSize: 192,
      numHiddenLayers: 5,
      headSize: 64,
      intermediateSize: 672,
      vocabSize: 1222,
    });
    expect(config.tokenizer).toEqual({ type: "huggingface", file: "tokenizer.json" });
    expect(config.prompt).toEqual({
      sandwich: { before: "{question}\n", betweenFrames: "", after: "\n{question}\nAnswer:" },
      memory: { before: "", betweenFrames: "", after: "\n{question}\nAnswer:" },
      nextTurn: "\n{question}\nAnswer:",
      speech: null,
      answerLead: " ",
      stopIds: [0],
      stopStrings: [],
    });
    expect(config.sampling).toEqual({ fps: 2, maxBatch: 8 });
  });

  test("fills in what may be left out", () => {
    const config = parseConfig(smallest);
    expect([config.name, config.license]).toEqual(["unnamed model", "unknown"]);
    const { hiddenAct, layerNormEps, selectLayer, postLayernorm, imageMean, imageStd, resample, fit } = config.vision;
    expect([hiddenAct, layerNormEps, selectLayer, postLayernorm]).toEqual(["gelu_pytorch_tanh", 1e-6, -2, false]);
    expect([imageMean, imageStd, resample, fit]).toEqual([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], "bicubic", "crop"]);
    expect(usedLayers(config.vision)).toBe(23);
    expect(config.merge.r).toEqual(new Array(23).fill(0));
    expect([config.merge.order, config.merge.protectFirst, config.merge.dropFirst]).toEqual(["none", false, false]);
    expect(config.projector).toEqual({
      depth: 2,
      hiddenAct: "gelu",
      hiddenSize: config.text.hiddenSize,
      residualNorm: false,
    });
    expect([config.text.headSize, config.text.intermediateSize]).toEqual([64, 7168]);
    expect(config.tokenizer).toEqual({ type: "huggingface", file: "tokenizer.json" });
    expect(config.prompt.sandwich).toEqual({ before: "", betweenFrames: "", after: "{question}" });
    expect([config.prompt.nextTurn, config.prompt.stopStrings]).toEqual(["\n{question}:", []]);
    expect(config.sampling).toEqual({ fps: 1, maxBatch: 8 });
  });

  test("takes null for a field as left out", () => {
    expect(parseConfig({ ...smallest, merge_config: null, quantization_config: null, sampling: null })).toEqual(
      parseConfig(smallest),
    );
  });

  test.each([
    [
      [18, 13],
      [18, 13, 0, 0, 0, 0],
    ],
    [
      [1, 2, 3, 4, 5, 6, 7],
      [1, 2, 3, 4, 5, 6],
    ],
  ])("takes %o as removing %o in the used layers", (given, r) => {
    const merge = { ...nano.merge_config, r: given };
    expect(parseConfig({ ...nano, merge_config: merge }).merge.r).toEqual(r);
  });

  test("lowers impossible merges to what bipartite matching can do", () => {
    // 8 × 8 patches (a rest of 4 pixels is left out), the first protected: at most ⌊63/2⌋, then ⌊32/2⌋ …
    const vision = { ...nano.vision_config, image_size: 100 };
    const merge = { r: [40, 40, 3, 100, 0, 1], protect_first: true, drop_first: true };
    expect(parseConfig({ ...nano, vision_config: vision, merge_config: merge }).merge).toEqual({
      r: [31, 16, 3, 6, 0, 1],
      protectFirst: true,
      dropFirst: true,
      proportionalAttention: true,
      order: "ascending",
      sort: "every-layer",
    });
  });
});

/** A change of the embedded model's config (dots lead into objects), and what the error's message says about it. */
const broken: [string, unknown, RegExp][] = [
  ["model_type", undefined, /model_type should be a text, but is missing/],
  ["name", 7, /name should be a text, but is 7/],
  ["vision_config", undefined, /vision_config should be an object, but is missing/],
  ["vision_config", [], /vision_config should be an object, but is \[\]/],
  ["vision_config.image_size", "96", /vision_config\.image_size should be a whole number .*, but is "96"/],
  ["vision_config.image_size", 96.5, /but is 96\.5/],
  ["vision_config.image_size", 0, /from 1 to 4096, but is 0/],
  ["vision_config.image_size", 1e9, /from 1 to 4096, but is 1000000000/],
  ["vision_config.patch_size", 97, /patch_size should be at most 96 \(image_size\), but is 97/],
  ["vision_config.num_attention_heads", 3, /num_attention_heads should be a divisor of 128 .*, but is 3/],
  ["vision_config.hidden_act", "mish", /hidden_act should be one of "gelu".*, but is "mish"/],
  ["vision_config.layer_norm_eps", 0, /layer_norm_eps should be a number above 0, but is 0/],
  ["vision_config.select_layer", -8, /select_layer should be one that uses 0 to 6 layers, but is -8/],
  ["vision_config.select_layer", 7, /select_layer .* but is 7/],
  ["vision_config.post_layernorm", 1, /post_layernorm should be true or false, but is 1/],
  ["vision_config.image_mean", [0.5, 0.5], /image_mean should be three numbers, but is \[0\.5,0\.5\]/],
  ["vision_config.image_std", [0.5, 0, 0.5], /image_std should be three numbers above 0/],
  ["vision_config.image_std", 0.5, /image_std should be three numbers above 0, but is 0\.5/],
  ["vision_config.resample", "nearest", /resample should be one of/],
  ["vision_config.fit", "fill", /fit should be one of "crop", "stretch", "letterbox", but is "fill"/],
  ["merge_config.r", undefined, /merge_config\.r should be a list of whole numbers of at least 0, but is missing/],
  ["merge_config.r", [18, 13, 9, 7, 5, -1], /merge_config\.r should be/],
  ["merge_config.order", "random", /order should be one of/],
  ["merge_config.sort", "never", /sort should be one of/],
  ["projector_config.depth", 0, /projector_config\.depth should be/],
  ["text_config.hidden_size", 200, /text_config\.hidden_size should be a multiple of 64 \(head_size\), but is 200/],
  ["text_config.vocab_size", null, /text_config\.vocab_size should be .*, but is missing/],
  ["tokenizer.file", "../secret.json", /tokenizer\.file should be the name of a file in the model's folder/],
  ["tokenizer.file", "https://other/t.json", /tokenizer\.file/],
  ["prompt", undefined, /prompt should be an object, but is missing/],
  ["prompt.memory.before", "{question}", /memory\.before should be a text without \{question\}/],
  ["prompt.memory.between_frames", "{question}", /memory\.between_frames should be a text without/],
  ["prompt.memory.after", "Answer:", /memory\.after should be a text with \{question\} in it/],
  ["prompt.sandwich", { before: "x", after: "y" }, /sandwich\.after should be a text with \{question\}/],
  ["prompt.speech", "He says:", /speech should be a text with \{speech\}/],
  ["prompt.next_turn", "", /next_turn should be a text with \{question\}/],
  ["prompt.stop_ids", [1222], /stop_ids should be a list of whole numbers from 0 to 1221, but is \[1222\]/],
  ["prompt.stop_strings", [""], /stop_strings should be a list of texts that are not empty/],
  ["prompt.stop_strings", "\n\n", /stop_strings should be a list of texts/],
  ["sampling.fps", Number.NaN, /sampling\.fps should be a number above 0/],
  ["sampling.max_batch", 0, /sampling\.max_batch should be/],
];

describe("a damaged config names the field, what it should be and what it is", () => {
  test.each(broken)("%s = %j", (path, value, message) => {
    expectError(() => parseConfig(changed(path, value)), "ModelCorrupt", message);
  });

  test.each([[null], [undefined], ["text"], [[]], [3]])("%j instead of an object", (json) => {
    expectError(() => parseConfig(json), "ModelCorrupt", /the whole file should be an object/);
  });
});

describe("a model that this app cannot run is named as such", () => {
  test.each([
    ["model_type", "llava", /its model_type is "llava"/],
    ["vision_config.model_type", "clip_vision_model", /encoder is of type "clip_vision_model"/],
    ["text_config.model_type", "rwkv5", /"rwkv5"/],
    ["tokenizer.type", "sentencepiece", /tokenizer is of type "sentencepiece"/],
    ["quantization_config", { quant_method: "gptq", bits: 4, group_size: 128 }, /quantised/],
    ["quantization_config", { quant_method: "auroralong", bits: 2, group_size: 32 }, /2 bits/],
  ])("%s = %j", (path, value, message) => {
    expectError(() => parseConfig(changed(path, value)), "ModelUnsupported", message);
  });
});

/** A copy of the embedded model's config with one field changed; undefined takes it out. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(nano);
  const names = path.split(".");
  const last = names.pop() ?? "";
  const owner = names.reduce((object, name) => object[name], copy);
  if (value === undefined) delete owner[last];
  else owner[last] = value;
  return copy;
}

function expectError(run: () => unknown, code: string, message: RegExp): void {
  expect(run).toThrow(AuroraError);
  expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
}
