import type { Gpu } from "../../../src/gpu/device.ts";
import { gpuIdle } from "../../../src/gpu/wait.ts";
import type { TextConfig } from "../../../src/model/config.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { openRnn } from "../../../src/rnn/rnn.ts";
import { createRnnState } from "../../../src/rnn/state.ts";
import { createRnnWriter, maxFlush } from "../../../src/rnn/writer.ts";
import { type Figure, interleave, median } from "./measure.ts";

const rounds = 9;

/** Tokens read at a time, and times that `maxFlush` tokens are written, in one round. */
const promptTokens = 512;
const flushes = 4;

/** Speed of the language model alone: reading many tokens, and writing them one by one. */
export async function benchReading(gpu: Gpu, config: TextConfig, tensors: TensorSource): Promise<Figure[]> {
  const rnn = await openRnn(gpu, config, tensors);
  const state = createRnnState(gpu, config, "bench");
  const writer = createRnnWriter(gpu, rnn, state, "bench");
  const prompt = Uint32Array.from({ length: promptTokens }, (_, i) => i % config.vocabSize);
  const choice = { temperature: 0, topP: 1, random: Math.random };
  const [prefill, decode] = await interleave(rounds, [
    async () => {
      writer.prompt(prompt);
      await gpuIdle(gpu);
    },
    async () => {
      for (let i = 0; i < flushes; i++) await writer.generate(maxFlush, choice);
    },
  ]);
  writer.destroy();
  state.destroy();
  rnn.destroy();
  const perSecond = (tokens: number, times: readonly number[] = []) => (tokens * 1000) / median(times);
  const about = `language model alone, median of ${rounds}`;
  return [
    {
      id: "prefill-tokens-per-s",
      value: perSecond(promptTokens, prefill),
      unit: "1/s",
      note: `${promptTokens} tokens read; ${about}`,
    },
    {
      id: "decode-tokens-per-s",
      value: perSecond(flushes * maxFlush, decode),
      unit: "1/s",
      note: `${flushes} × ${maxFlush} tokens chosen and read back; ${about}`,
    },
  ];
}
