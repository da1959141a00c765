import type { Gpu } from "../../src/gpu/device.ts";
import { gpuIdle } from "../../src/gpu/wait.ts";
import { openRnn } from "../../src/rnn/rnn.ts";
import { createRnnState } from "../../src/rnn/state.ts";
import { describeTuned, tuneRnn } from "../../src/rnn/tuned-kernels.ts";
import { createRnnWriter, maxFlush } from "../../src/rnn/writer.ts";
import { createCounter } from "../page/bench/counting.ts";
import { type Figure, interleave, median, timed } from "../page/bench/measure.ts";
import { randomRwkv } from "../page/bench/random-rwkv.ts";
import { describeStep } from "../page/bench/reading.ts";
import type { Size } from "./sizes.ts";

const rounds = 5;
const flushes = 4;

/** A whole language model with random weights: what the tuner chooses and how long it takes, tokens a second with that and without. */
export async function benchModel(gpu: Gpu, size: Size, format: "f16" | "int8" | "int4"): Promise<Figure[]> {
  const config = { ...size.config, numHiddenLayers: size.layers };
  const rnn = await openRnn(gpu, config, randomRwkv(config, { format, ranks: size.ranks }));
  const id = (name: string) => `${name}-${size.name}-${format}`;
  const figures: Figure[] = [];
  for (const choice of ["suited", "measure"] as const) {
    let about = "";
    const ms = await timed(async () => {
      const tuned = await tuneRnn(gpu, rnn, choice, { read: async () => null, write: async () => {} });
      about = describeTuned(tuned);
    });
    if (choice === "measure") figures.push({ id: id("tuning-ms"), value: ms, unit: "ms", note: about });
    const speed = await speedOf(gpu, size, rnn, choice === "measure");
    const suffix = choice === "measure" ? "" : "-untuned";
    for (const each of speed)
      figures.push({
        ...each,
        id: `${id(each.id)}${/tokens-per-s|ms/.test(each.id) ? suffix : ""}`,
        note: `${each.note}; ${about}`,
      });
  }
  rnn.destroy();
  return figures;
}

async function speedOf(
  gpu: Gpu,
  { config: whole, layers, rows }: Size,
  rnn: Awaited<ReturnType<typeof openRnn>>,
  counting: boolean,
): Promise<Figure[]> {
  const { config } = rnn;
  const counter = createCounter(gpu);
  const state = createRnnState(gpu, config, "bench");
  const writer = createRnnWriter(gpu, rnn, state, "bench");
  const choice = { temperature: 0, topP: 1, random: Math.random };
  const prompts = rows.map((count) => Uint32Array.from({ length: count }, (_, i) => (i * 31) % config.vocabSize));
  writer.prompt(prompts[0] as Uint32Array);
  counter.take();
  await writer.generate(maxFlush, choice);
  const counted = describeStep(counter.take(), config);
  counter.stop();
  const read = (prompt: Uint32Array) => async () => {
    for (let i = 0; i < flushes; i++) writer.read(prompt);
    await gpuIdle(gpu);
  };
  const [decode = [], ...prefills] = await interleave(rounds, [
    async () => {
      for (let i = 0; i < flushes; i++) await writer.generate(maxFlush, choice);
    },
    ...prompts.map(read),
  ]);
  writer.destroy();
  state.destroy();
  const scaled = layers === whole.numHiddenLayers ? "" : `; ${layers} layers of ${whole.numHiddenLayers}`;
  const about = `${layers} layers, median of ${rounds}${scaled}`;
  const tokens = flushes * maxFlush;
  return [
    ...(counting ? counted : []),
    {
      id: "decode-tokens-per-s",
      value: (tokens * 1000) / median(decode),
      unit: "1/s",
      note: `head and choosing included; ${about}`,
    },
    ...prompts.map((prompt, i) => ({
      id: `prefill-${prompt.length}-tokens-per-s`,
      value: (flushes * prompt.length * 1000) / median(prefills[i] ?? []),
      unit: "1/s",
      note: `without the head; ${about}`,
    })),
  ];
}
