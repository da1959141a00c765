import type { Gpu } from "../../../src/gpu/device.ts";
import { gpuIdle } from "../../../src/gpu/wait.ts";
import { rowStride } from "../../../src/kernels/row-stride.ts";
import type { TextConfig } from "../../../src/model/config.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { openRnn } from "../../../src/rnn/rnn.ts";
import { createRnnState } from "../../../src/rnn/state.ts";
import { createRnnWriter, maxFlush } from "../../../src/rnn/writer.ts";
import { type Counts, createCounter } from "./counting.ts";
import { type Figure, interleave, median } from "./measure.ts";

const rounds = 9;

/** Tokens read at a time, and times that `maxFlush` tokens are written, in one round. */
const promptTokens = 512;
const flushes = 4;

/** Speed of the language model alone: reading many tokens, and writing them one by one. */
export async function benchReading(gpu: Gpu, config: TextConfig, tensors: TensorSource): Promise<Figure[]> {
  const counter = createCounter(gpu);
  const rnn = await openRnn(gpu, config, tensors);
  const state = createRnnState(gpu, config, "bench");
  const writer = createRnnWriter(gpu, rnn, state, "bench");
  const prompt = Uint32Array.from({ length: promptTokens }, (_, i) => i % config.vocabSize);
  const choice = { temperature: 0, topP: 1, random: Math.random };
  writer.prompt(prompt);
  counter.take();
  await writer.generate(maxFlush, choice);
  const counted = describeStep(counter.take(), config);
  counter.stop();
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
    ...counted,
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

/** What writing a token asks of the GPU, counted over one `generate`. */
export function describeStep({ submits, dispatches }: Counts, { numHiddenLayers, hiddenSize }: TextConfig): Figure[] {
  // Of the embedding, one row is read. Scratch (`rnn.`) and the state (`bench.`) are no weights. What stands in for scales that a format
  // lacks is the same buffer once more.
  const weights = dispatches.flatMap((bound) => {
    const buffers = [...new Map(bound.map((each) => [each.buffer, each.bytes]))];
    return buffers
      .filter(([{ label }]) => !/^(rnn|bench)\./.test(label))
      .map(([buffer, bytes]) => ({
        buffer,
        bytes: buffer.label.startsWith("emb.") ? 2 * rowStride(hiddenSize) : bytes,
      }));
  });
  const read = weights.reduce((sum, { bytes }) => sum + bytes, 0) / maxFlush;
  const needed = [...new Map(weights.map(({ buffer, bytes }) => [buffer, bytes])).values()];
  const least = needed.reduce((sum, bytes) => sum + bytes, 0);
  const about = `counted over ${maxFlush} tokens, choosing included; ${numHiddenLayers} layers`;
  return [
    { id: "dispatches-per-token", value: dispatches.length / maxFlush, unit: "dispatches", note: about },
    { id: "submits-per-token", value: submits / maxFlush, unit: "submits", note: about },
    {
      id: "bytes-per-token-ratio",
      value: read / least,
      unit: "×",
      note: `weights' bytes bound to a token's dispatches, over ${least} of the weights; ${about}`,
    },
  ];
}
