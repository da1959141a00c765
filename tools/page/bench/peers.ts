import { Wllama } from "@wllama/wllama";
import wllamaUrl from "@wllama/wllama/esm/wasm/wllama.wasm?url";
import { assert } from "../../../src/errors.ts";
import type { Gpu } from "../../../src/gpu/device.ts";
import { gpuIdle } from "../../../src/gpu/wait.ts";
import type { TextConfig } from "../../../src/model/config.ts";
import { float32ToHalf } from "../../../src/model/half.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { openRnn, type Rnn } from "../../../src/rnn/rnn.ts";
import { createRnnState } from "../../../src/rnn/state.ts";
import { createRnnWriter, maxFlush } from "../../../src/rnn/writer.ts";
import { rwkv6ToGguf, tokenWord } from "./gguf.ts";
import { type Figure, median, notMeasured, randomFloats, timed } from "./measure.ts";

const rounds = 3;

/** An RWKV-6 of 33 million random weights: large enough that the products take the time. */
const sizes = { hiddenSize: 512, numHiddenLayers: 8, intermediateSize: 1792, headSize: 64, vocabSize: 4096 };
const ranks = { mix: 32, decay: 64 };
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
 * the tensors, theirs from a GGUF file made of them. A peer that fails, or writes other tokens with a model that was trained, gets a note.
 */
export async function benchPeers(gpu: Gpu, config: TextConfig, tensors: TensorSource): Promise<Figure[]> {
  if (config.modelType !== "rwkv6") return [];
  const larger = { ...config, ...sizes };
  const random = randomRwkv6(larger);
  const figures: Figure[] = [];
  for (const { name, what, open } of peers) {
    console.info(`  ${what}`);
    try {
      await expectSameTokens(openOurs(gpu), open, config, tensors);
      const [ours = [], theirs = []] = await inTurn([openOurs(gpu), open], larger, random);
      figures.push(...describe(ours, theirs, { name, what: `${what}, ${describeAdapter(gpu)}` }));
    } catch (error) {
      for (const kind of ["prefill", "decode"]) figures.push(notMeasured(`${kind}-vs-${name}`, "×", error));
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
  { name, what }: { readonly name: string; readonly what: string },
): Figure[] {
  const about = `RWKV-6, ${sizes.numHiddenLayers} layers of ${sizes.hiddenSize}, random weights in f16; median of ${rounds}, in turn`;
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
    const wllama = new Wllama({ default: new URL(wllamaUrl, location.href).href }, { suppressNativeLog: true });
    assert(on === "wasm" || wllama.isSupportWebGPU(), "wllama finds no WebGPU in this browser");
    const gguf = await rwkv6ToGguf(config, tensors);
    const layers = on === "wasm" ? 0 : config.numHiddenLayers + 1; // the head counts as one
    await wllama.loadModel([gguf], { n_gpu_layers: layers, n_threads: 1, n_ctx: 1024, n_batch: 512, seed: 1 });
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

/** Random weights of an RWKV-6 in BlinkDL's names and shapes, in f16 as released. */
function randomRwkv6({ hiddenSize: width, numHiddenLayers: layers, ...config }: TextConfig): TensorSource {
  const { intermediateSize: inner, headSize, vocabSize } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => {
    for (const part of ["weight", "bias"]) shapes.set(`${name}.${part}`, [width]);
  };
  for (const name of ["emb.weight", "head.weight"]) shapes.set(name, [vocabSize, width]);
  for (const name of ["blocks.0.ln0", "ln_out"]) norm(name);
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}.`;
    for (const name of ["ln1", "ln2", "att.ln_x"]) norm(at + name);
    for (const name of ["key", "value", "receptance", "gate", "output"])
      shapes.set(`${at}att.${name}.weight`, [width, width]);
    for (const name of ["x", "w", "k", "v", "r", "g"]) shapes.set(`${at}att.time_maa_${name}`, [1, 1, width]);
    shapes.set(`${at}att.time_maa_w1`, [width, 5 * ranks.mix]);
    shapes.set(`${at}att.time_maa_w2`, [5, ranks.mix, width]);
    shapes.set(`${at}att.time_decay`, [1, 1, width]);
    shapes.set(`${at}att.time_decay_w1`, [width, ranks.decay]);
    shapes.set(`${at}att.time_decay_w2`, [ranks.decay, width]);
    shapes.set(`${at}att.time_faaaa`, [width / headSize, headSize]);
    for (const name of ["k", "r"]) shapes.set(`${at}ffn.time_maa_${name}`, [1, 1, width]);
    shapes.set(`${at}ffn.key.weight`, [inner, width]);
    shapes.set(`${at}ffn.value.weight`, [width, inner]);
    shapes.set(`${at}ffn.receptance.weight`, [width, width]);
  }
  return {
    names: [...shapes.keys()],
    info(name) {
      const shape = shapes.get(name);
      return shape ? { shape, dtype: "F16" } : null;
    },
    async read(name, rows) {
      const [count = 1, ...rest] = shapes.get(name) ?? [];
      const rowLength = rest.reduce((product, size) => product * size, 1);
      const [first, end] = rows ?? [0, count];
      const whole = randomFloats(count * rowLength, name.length, rest.length === 1 ? 1 / Math.sqrt(width) : 0.5);
      const values = whole.subarray(first * rowLength, end * rowLength);
      return { shape: [end - first, ...rest], dtype: "F16", bytes: new Uint8Array(float32ToHalf(values).buffer) };
    },
  };
}
