import { Wllama } from "@wllama/wllama";
import wllamaUrl from "@wllama/wllama/esm/wasm/wllama.wasm?url";
import { assert } from "../../../src/errors.ts";
import type { Gpu } from "../../../src/gpu/device.ts";
import { gpuIdle } from "../../../src/gpu/wait.ts";
import type { TextConfig } from "../../../src/model/config.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { openRnn, type Rnn } from "../../../src/rnn/rnn.ts";
import { createRnnState } from "../../../src/rnn/state.ts";
import { createRnnWriter, maxFlush } from "../../../src/rnn/writer.ts";
import { type Figure, median, notMeasured, timed } from "./measure.ts";
import { randomRwkv } from "./random-rwkv.ts";
import { rwkvToGguf, tokenWord } from "./rwkv-gguf.ts";

const rounds = 3;

/** An RWKV of some 33 million random weights: large enough that the products take the time. */
const sizes = { hiddenSize: 512, numHiddenLayers: 8, intermediateSize: 1792, headSize: 64, vocabSize: 4096 };
/** Of an RWKV-7 whose tokens are compared. */
const small = { hiddenSize: 128, numHiddenLayers: 2, intermediateSize: 448, headSize: 64, vocabSize: 512 };
const promptTokens = 128;
const answerTokens = 2 * maxFlush;

/** What one engine did: the tokens that it wrote, and its speed. */
type Run = { readonly tokens: readonly number[]; readonly prefill: number; readonly decode: number };
type Engine = { run(prompt: readonly number[], count: number): Promise<Run>; close(): Promise<void> };
type Open = (config: TextConfig, tensors: TensorSource) => Promise<Engine>;

/** llama.cpp in the browser, where it computes. */
const peers = [
  { name: "wllama", what: "wllama on one thread of wasm", open: openWllama("wasm") },
  { name: "wllama-webgpu", what: "wllama on WebGPU", open: openWllama("webgpu") },
] as const;

/**
 * The language model against llama.cpp in the browser (wllama, on one thread of the CPU and on WebGPU): the same weights in f16, ours from
 * the tensors, theirs from a GGUF file made of them. A peer that fails, or writes other tokens than ours, gets a note. RWKV-6 is compared
 * with the model's own weights, RWKV-7, of which none is at hand, with random ones.
 */
export async function benchPeers(gpu: Gpu, config: TextConfig, tensors: TensorSource): Promise<Figure[]> {
  const seven = { ...config, ...small, modelType: "rwkv7" } as const;
  const figures: Figure[] = [];
  for (const [kind, known, weights] of [
    ["rwkv6", config, tensors],
    ["rwkv7", seven, randomRwkv(seven)],
  ] as const) {
    if (known.modelType !== kind) continue;
    for (const { name, what, open } of peers) {
      const peer = { name: kind === "rwkv6" ? name : `${name}-rwkv7`, what: `${what}, ${describeAdapter(gpu)}` };
      console.info(`  ${kind}: ${what}`);
      try {
        await expectSameTokens(openOurs(gpu), open, known, weights);
        const larger = { ...known, ...sizes };
        const [ours = [], theirs = []] = await inTurn([openOurs(gpu), open], larger, randomRwkv(larger));
        figures.push(...describe(ours, theirs, kind, peer));
      } catch (error) {
        for (const speed of ["prefill", "decode"]) figures.push(notMeasured(`${speed}-vs-${peer.name}`, "×", error));
      }
    }
  }
  return figures;
}

function describeAdapter({ adapter: { description, vendor, architecture } }: Gpu): string {
  return description || `${vendor} ${architecture}`.trim();
}

function describe(
  ours: readonly Run[],
  theirs: readonly Run[],
  architecture: "rwkv6" | "rwkv7",
  { name, what }: { readonly name: string; readonly what: string },
): Figure[] {
  const about = `${architecture === "rwkv6" ? "RWKV-6" : "RWKV-7"}, ${sizes.numHiddenLayers} layers of ${sizes.hiddenSize}, random weights in f16; median of ${rounds}, in turn`;
  return (["prefill", "decode"] as const).flatMap((kind) => {
    const [own = Number.NaN, other = Number.NaN] = [ours, theirs].map((each) => median(each.map((run) => run[kind])));
    const tokens = kind === "prefill" ? `${promptTokens} tokens read` : `${answerTokens} tokens written`;
    return [
      figure(`${kind}-tokens-per-s-beside-${name}`, own, "1/s", `ours, ${tokens}; ${about}`),
      figure(`${kind}-tokens-per-s-${name}`, other, "1/s", `${what}, ${tokens}; ${about}`),
      figure(`${kind}-vs-${name}`, own / other, "×", `our speed over that of ${what}; ${about}`),
    ];
  });
}

function figure(id: string, value: number, unit: string, note: string): Figure {
  return { id, value, unit, note };
}

/** That both engines have the same model: from its own weights, they write the same tokens. */
async function expectSameTokens(ours: Open, theirs: Open, config: TextConfig, tensors: TensorSource): Promise<void> {
  const prompt = Array.from({ length: 24 }, (_, i) => 1 + ((i * 37) % (config.vocabSize - 1)));
  const written: (readonly number[])[] = [];
  for (const open of [ours, theirs]) {
    const engine = await open(config, tensors);
    try {
      written.push((await engine.run(prompt, maxFlush)).tokens);
    } finally {
      await engine.close();
    }
  }
  assert(String(written[0]) === String(written[1]), `it wrote ${written[1]}, not ${written[0]}`);
}

async function inTurn(opens: readonly Open[], config: TextConfig, tensors: TensorSource): Promise<Run[][]> {
  const prompt = Array.from({ length: promptTokens }, (_, i) => 1 + ((i * 7919) % (config.vocabSize - 1)));
  const engines: Engine[] = [];
  try {
    for (const open of opens) engines.push(await open(config, tensors));
    const runs = engines.map((): Run[] => []);
    for (let round = -1; round < rounds; round++) {
      for (const [i, engine] of engines.entries()) {
        // Another beginning each time, or wllama would remember what it has read.
        const run = await engine.run(prompt.with(0, round + 2), answerTokens);
        if (round >= 0) runs[i]?.push(run);
      }
    }
    return runs;
  } finally {
    for (const engine of engines) await engine.close();
  }
}

function openOurs(gpu: Gpu): Open {
  return async (config, tensors) => {
    const rnn = await openRnn(gpu, config, tensors);
    return { run: (prompt, count) => runOurs(gpu, rnn, prompt, count), close: async () => rnn.destroy() };
  };
}

async function runOurs(gpu: Gpu, rnn: Rnn, prompt: readonly number[], count: number): Promise<Run> {
  const state = createRnnState(gpu, rnn.config, "bench");
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
}

function openWllama(on: "wasm" | "webgpu"): Open {
  return async (config, tensors) => {
    const said: string[] = [];
    const keep = (...words: unknown[]) => void said.push(words.join(" "));
    const logger = { debug: keep, log: keep, warn: keep, error: keep };
    const wllama = new Wllama({ default: new URL(wllamaUrl, location.href).href }, { logger });
    assert(on === "wasm" || wllama.isSupportWebGPU(), "wllama finds no WebGPU in this browser");
    const gguf = await rwkvToGguf(config, tensors);
    const layers = on === "wasm" ? 0 : config.numHiddenLayers + 1; // the head counts as one
    await wllama.loadModel([gguf], { n_gpu_layers: layers, n_threads: 1, n_ctx: 1024, n_batch: 512, seed: 1 });
    if (on === "webgpu" && !said.some((line) => /WebGPU.*model buffer size/.test(line))) {
      await wllama.exit();
      throw new Error("it did not take this adapter, and computed on the CPU");
    }
    return { run: (prompt, count) => runWllama(wllama, prompt, count), close: () => wllama.exit() };
  };
}

async function runWllama(wllama: Wllama, prompt: readonly number[], count: number): Promise<Run> {
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
}
