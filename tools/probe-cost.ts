import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addAssumptions } from "../src/model/assumptions.ts";
import { type ModelConfig, parseConfig, seeing } from "../src/model/config.ts";
import { auroraLong } from "../src/model/layouts/families.ts";
import type { PromptConfig } from "../src/model/prompt-config.ts";
import { openPictureSet, type PictureSet, shuffleWords } from "../src/session/probe/picture-set.ts";
import { captionsFor, inPieces } from "../src/session/probe/sequence.ts";
import { listSettings } from "../src/session/probe/settings.ts";
import { mostCounted } from "../src/session/probe/verdict.ts";
import { encodeAnswer, memoryPrompt } from "../src/text/prompt.ts";
import { createTokenizer, type Tokenizer } from "../src/text/tokenizer.ts";
import { createWorldTokenizer } from "../src/text/world-tokenizer.ts";
import { type Output, runTool } from "./run-tool.ts";

// What `npm run probe` costs at some model's size, counted and not run.

/** What a check reads. Least: no setting gains anything on the worst pictures; most: each does to the end, and three are counted. */
export type ProbeCost = {
  readonly settings: number;
  /** Settings that take an encoder of their own. */
  readonly encoders: number;
  readonly frames: { readonly least: number; readonly most: number };
  readonly tokens: { readonly least: number; readonly most: number };
};

/** @param json the content of the model's `config.json` */
export function countCost(json: object, tokenizer: Tokenizer, set: PictureSet): ProbeCost {
  const config = parseConfig(json);
  const captions = set.pictures.map(({ caption }) => caption);
  const settings = listSettings(config, tokenizer);
  const cost = {
    settings: settings.length,
    encoders: settings.filter(({ part }) => part === "encoder").length,
    frames: { least: captions.length, most: captions.length },
    tokens: { least: 0, most: 0 },
  };
  const both = (what: "frames" | "tokens", least: number, most = least) => {
    cost[what].least += least;
    cost[what].most += most;
  };
  const answer = (prompt: PromptConfig, text: string) => encodeAnswer(prompt, tokenizer, text).length;
  for (const { question, text } of set.passage)
    for (const words of [text, shuffleWords(text)])
      both(
        "tokens",
        question === null
          ? tokenizer.encode(words).length
          : promptTokens(config.prompt, tokenizer, question) + answer(config.prompt, words),
      );
  /** A setting's or the model's own: pictures whose right caption is read, and whether the wrong ones are too. */
  const asking = (prompt: PromptConfig) => {
    const before = promptTokens(prompt, tokenizer, set.question) + tokensPerFrame(config);
    const lengths = captions.map((caption) => answer(prompt, caption));
    const right = sum(lengths) / captions.length + before;
    const all = captions.map(
      (_, i) => before + sum(captionsFor(i, captions.length).map((at) => lengths[at] as number)),
    );
    const without = promptTokens(prompt, tokenizer, set.question) + sum(lengths);
    return { right, all: sum(all), without };
  };
  const own = asking(config.prompt);
  both("tokens", own.all + own.without);
  const first = inPieces([...captions.keys()])[0]?.length ?? 0;
  const counted: number[] = [];
  for (const { part, assumptions } of settings) {
    const { prompt } = parseConfig({ ...json, assumptions: addAssumptions(json, assumptions) });
    const { right, all, without } = asking(part === "prompt" ? prompt : config.prompt);
    both("tokens", first * right, captions.length * right);
    if (part !== "prompt") both("frames", first, captions.length);
    counted.push(all + (part === "prompt" ? without : 0));
  }
  both("tokens", 0, sum(counted.sort((a, b) => b - a).slice(0, mostCounted)));
  both("frames", 0, mostCounted * captions.length);
  return cost;
}

/** Visual tokens of a picture. */
function tokensPerFrame(config: ModelConfig): number {
  const { vision, merge } = seeing(config);
  return Math.floor(vision.imageSize / vision.patchSize) ** 2 - sum(merge.r) - Number(merge.dropFirst);
}

/** Those around a picture; the last is read with the answer. */
function promptTokens(prompt: PromptConfig, tokenizer: Tokenizer, question: string): number {
  const { before, after } = memoryPrompt(prompt, tokenizer, question);
  return before.length + after.length - 1;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** AuroraLong 2B as it is converted. */
const auroraLong2B = {
  model_type: "auroralong",
  vision_config: {
    ...{ image_size: 384, patch_size: 16, hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24 },
    ...{ num_attention_heads: 16, select_layer: -2, post_layernorm: false, block_norm_eps: 1e-5 },
    ...{ fit: "crop", resize_edge: 384, columns_first: false, resample: "bicubic" },
    image_mean: [0.48145466, 0.4578275, 0.40821073],
    image_std: [0.26862954, 0.26130258, 0.27577711],
  },
  merge_config: auroraLong.merge(576, 24),
  text_config: {
    ...{ model_type: "rwkv6", hidden_size: 2048, num_hidden_layers: 24, head_size: 64 },
    ...{ intermediate_size: 7168, vocab_size: 65536 },
  },
  tokenizer: { type: "rwkv-world", file: "rwkv_vocab_v20230424.txt" },
  prompt: auroraLong.prompt,
};

/** `npm run probe-cost`. */
async function probeCost(_: readonly string[], output: Output): Promise<void> {
  const files = { read: async (path: string) => new Uint8Array(readFileSync(join("public", path))) };
  const read = (path: string) => readFileSync(join("public", path));
  const nano = JSON.parse(read("models/nano/config.json").toString());
  const models = [
    { name: "nano", json: nano, tokenizer: createTokenizer(JSON.parse(read("models/nano/tokenizer.json").toString())) },
    {
      name: "AuroraLong 2B",
      json: auroraLong2B,
      tokenizer: createWorldTokenizer(read("tokenizers/rwkv_vocab_v20230424.txt")),
    },
  ];
  output.print("| model | settings | of these with an encoder of their own | frames | tokens |");
  output.print("|---|---|---|---|---|");
  for (const { name, json, tokenizer } of models) {
    const { settings, encoders, frames, tokens } = countCost(
      json,
      tokenizer,
      await openPictureSet(files, parseConfig(json).probe),
    );
    const range = ({ least, most }: ProbeCost["frames"]) => `${Math.round(least)} to ${Math.round(most)}`;
    output.print(`| ${name} | ${settings} | ${encoders} | ${range(frames)} | ${range(tokens)} |`);
  }
}

void runTool(import.meta, probeCost);
