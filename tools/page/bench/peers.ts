import { Wllama } from "@wllama/wllama";
import wllamaUrl from "@wllama/wllama/esm/wasm/wllama.wasm?url";
import { assert } from "../../../src/errors.ts";
import type { Gpu } from "../../../src/gpu/device.ts";
import { gpuIdle } from "../../../src/gpu/wait.ts";
import type { TextConfig } from "../../../src/model/config.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { openRnn } from "../../../src/rnn/rnn.ts";
import { createRnnState } from "../../../src/rnn/state.ts";
import { createRnnWriter, maxFlush } from "../../../src/rnn/writer.ts";
import { rwkv6ToGguf, tokenWord } from "./gguf.ts";
import { type Figure, median, timed } from "./measure.ts";
import { randomRwkv6 } from "./random-rwkv6.ts";

const rounds = 3;

/** An RWKV-6 of 33 million random weights: large enough that the products take the time. */
const sizes = { hiddenSize: 512, numHiddenLayers: 8, intermediateSize: 1792, headSize: 64, vocabSize: 4096 };
const ranks = { mix: 32, decay: 64 };
const promptTokens = 128;
const answerTokens = 2 * maxFlush;

/** What one engine did: the tokens that it wrote, and its speed. */
type Run = { readonly tokens: readonly number[]; readonly prefill: number; readonly decode: number };
type Engine = { run(prompt: readonly number[], count: number): Promise<Run>; close(): Promise<void> };

/**
 * The language model against llama.cpp in the browser (wllama, on the CPU, one thread): the same weights in f16, ours from the tensors,
 * theirs from a GGUF file made of them.
 *
 * @throws Error where the two write different tokens with a model that was trained
 */
export async function benchPeers(gpu: Gpu, config: TextConfig, tensors: TensorSource): Promise<Figure[]> {
  if (config.modelType !== "rwkv6") return [];
  await expectSameTokens(gpu, config, tensors);
  const larger = { ...config, ...sizes };
  const random = randomRwkv6(larger, ranks);
  const prompt = Array.from({ length: promptTokens }, (_, i) => 1 + ((i * 7919) % (larger.vocabSize - 1)));
  const runs = await inTurn([await openOurs(gpu, larger, random), await openWllama(larger, random)], prompt);
  const [ours = [], theirs = []] = runs;
  const about = `RWKV-6, ${sizes.numHiddenLayers} layers of ${sizes.hiddenSize}, random weights in f16; median of ${rounds}, in turn`;
  return (["prefill", "decode"] as const).flatMap((what) => {
    const [own, other] = [ours, theirs].map((each) => median(each.map((run) => run[what])));
    const tokens = what === "prefill" ? `${promptTokens} tokens read` : `${answerTokens} tokens written`;
    return [
      figure(`${what}-tokens-per-s-large`, own ?? Number.NaN, "1/s", `ours, ${tokens}; ${about}`),
      figure(
        `${what}-tokens-per-s-wllama`,
        other ?? Number.NaN,
        "1/s",
        `wllama on one thread of wasm, ${tokens}; ${about}`,
      ),
      figure(
        `${what}-vs-wllama`,
        (own ?? Number.NaN) / (other ?? Number.NaN),
        "×",
        `our speed over wllama's; ${about}`,
      ),
    ];
  });
}

function figure(id: string, value: number, unit: string, note: string): Figure {
  return { id, value, unit, note };
}

/** That both engines have the same model: from its own weights, they write the same tokens. */
async function expectSameTokens(gpu: Gpu, config: TextConfig, tensors: TensorSource): Promise<void> {
  const prompt = Array.from({ length: 24 }, (_, i) => 1 + ((i * 37) % (config.vocabSize - 1)));
  const engines = [await openOurs(gpu, config, tensors), await openWllama(config, tensors)];
  const [ours, theirs] = await Promise.all(engines.map((engine) => engine.run(prompt, maxFlush)));
  for (const engine of engines) await engine.close();
  assert(String(ours?.tokens) === String(theirs?.tokens), `wllama wrote ${theirs?.tokens}, not ${ours?.tokens}`);
}

async function inTurn(engines: readonly Engine[], prompt: readonly number[]): Promise<Run[][]> {
  const runs = engines.map((): Run[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, engine] of engines.entries()) {
      // Another beginning each time, or wllama would remember what it has read.
      const run = await engine.run(prompt.with(0, round + 2), answerTokens);
      if (round >= 0) runs[i]?.push(run);
    }
  }
  for (const engine of engines) await engine.close();
  return runs;
}

async function openOurs(gpu: Gpu, config: TextConfig, tensors: TensorSource): Promise<Engine> {
  const rnn = await openRnn(gpu, config, tensors);
  return {
    async run(prompt, count) {
      const state = createRnnState(gpu, config, "bench");
      const writer = createRnnWriter(gpu, rnn, state, "bench");
      const read = await timed(async () => {
        writer.prompt(Uint32Array.from(prompt));
        await gpuIdle(gpu);
      });
      const tokens: number[] = [];
      const written = await timed(async () => {
        while (tokens.length < count)
          tokens.push(...(await writer.generate(maxFlush, { temperature: 0, topP: 1, random: Math.random })));
      });
      writer.destroy();
      state.destroy();
      return { tokens, prefill: (prompt.length * 1000) / read, decode: (count * 1000) / written };
    },
    close: async () => rnn.destroy(),
  };
}

async function openWllama(config: TextConfig, tensors: TensorSource): Promise<Engine> {
  const wllama = new Wllama({ default: new URL(wllamaUrl, location.href).href }, { suppressNativeLog: true });
  const gguf = await rwkv6ToGguf(config, tensors);
  await wllama.loadModel([gguf], { n_gpu_layers: 0, n_threads: 1, n_ctx: 1024, n_batch: 512, seed: 1 });
  return {
    async run(prompt, count) {
      const { choices, timings } = await wllama.createCompletion({
        prompt: prompt.map(tokenWord).join(""),
        max_tokens: count,
        temperature: 0,
        ignore_eos: true,
      });
      const words = choices[0]?.text.match(/t\d{5}/g) ?? [];
      assert(timings !== undefined && timings.prompt_n === prompt.length, `wllama read ${timings?.prompt_n} tokens`);
      return {
        tokens: words.map((word) => Number(word.slice(1))),
        prefill: timings.prompt_per_second,
        decode: timings.predicted_per_second,
      };
    },
    close: () => wllama.exit(),
  };
}
