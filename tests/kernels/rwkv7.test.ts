import { describe, expect, it } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import type { TextConfig } from "../../src/model/config.ts";
import { buildForward } from "../../src/rnn/forward.ts";
import { openRnn } from "../../src/rnn/rnn.ts";
import { createRnnState, readRnnState } from "../../src/rnn/state.ts";
import { expectClose } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { openWriter } from "../open-writer.ts";
import { type Ranks, randomRwkv7 } from "../random-rwkv7.ts";
import { runReference } from "../reference/run-rwkv.ts";
import { step } from "../reference/rwkv7.ts";

const shape = (
  hiddenSize: number,
  headSize: number,
  intermediateSize: number,
  numHiddenLayers = 2,
  vocabSize = 97,
): TextConfig => ({
  modelType: "rwkv7",
  hiddenSize,
  headSize,
  intermediateSize,
  numHiddenLayers,
  vocabSize,
});

const shapes: [string, TextConfig, Ranks, "F16" | "F32"][] = [
  ["released heads", shape(128, 64, 512), { w: 16, a: 16, v: 8, g: 32, firstValue: true }, "F16"],
  ["small heads in f32", shape(96, 32, 130), { w: 5, a: 3, v: 7, g: 9 }, "F32"],
  ["heads of 5", shape(35, 5, 61, 3, 101), { w: 2, a: 4, v: 3, g: 5 }, "F16"],
  ["heads of 128", shape(256, 128, 300), { w: 9, a: 6, v: 6, g: 4 }, "F16"],
  ["one head of 20 in one layer", shape(20, 20, 37, 1), { w: 1, a: 1, v: 1, g: 1 }, "F32"],
];

const ids = (count: number, vocab: number) => Uint32Array.from({ length: count }, (_, i) => (i * 31 + 7) % vocab);

describe.each(shapes)("RWKV-7 with %s", (_, config, ranks, dtype) => {
  it.each([
    ["its own adapter", (gpu: Gpu) => gpu],
    ["a GPU", (gpu: Gpu) => ({ ...gpu, adapter: { ...gpu.adapter, software: false } })],
  ])("computes the reference's logits and state, chunked and by token, with the kernels for %s", async (_, as) => {
    const gpu = as(await testGpu());
    const before = gpu.ledger.buffers;
    const { source, values } = randomRwkv7(config, ranks, dtype);
    const rnn = await openRnn(gpu, config, source);
    const [chunked, stepped] = [openWriter(gpu, rnn, "chunked"), openWriter(gpu, rnn, "stepped")];
    const indices = ids(37, config.vocabSize);
    const expected = runReference(step, values, config, indices);

    chunked.read(indices.subarray(0, 5)); // two chunks: the state is carried from one to the next
    chunked.prompt(indices.subarray(5));
    for (const id of indices) stepped.prompt(Uint32Array.of(id));

    for (const stream of [chunked, stepped]) {
      expectClose(await stream.readLogits(), expected.logits, 1e-4);
      const state = await readRnnState(gpu, config, stream.state);
      for (const [n, layer] of state.entries()) expectClose(layer, expected.states[n] as Float64Array, 1e-4);
    }
    for (const owner of [chunked, stepped, rnn]) owner.destroy();
    expect(gpu.ledger.buffers).toBe(before);
  });
});

it("drifts no further after 512 single steps than the chunked reading does", async () => {
  const gpu = await testGpu();
  const config = shape(64, 32, 112);
  const { source, values } = randomRwkv7(config, { w: 8, a: 8, v: 4, g: 8 }, "F16", 50);
  const rnn = await openRnn(gpu, config, source);
  const [chunked, stepped] = [openWriter(gpu, rnn, "chunked"), openWriter(gpu, rnn, "stepped")];
  const indices = ids(512, config.vocabSize);
  const expected = runReference(step, values, config, indices);
  for (const id of indices) stepped.read(Uint32Array.of(id));
  chunked.read(indices);
  const [a, b] = [await readRnnState(gpu, config, stepped.state), await readRnnState(gpu, config, chunked.state)];
  a.forEach((layer, n) => {
    expectClose(layer, expected.states[n] as Float64Array, 1e-4);
    expectClose(layer, b[n] as Float32Array, 1e-4);
  });
  for (const owner of [chunked, stepped, rnn]) owner.destroy();
});

it("names the tensor that is missing", async () => {
  const gpu = await testGpu();
  const before = gpu.ledger.buffers;
  const config = shape(20, 20, 37);
  const { source } = randomRwkv7(config, { w: 1, a: 1, v: 1, g: 1 }, "F32");
  const missing = "blocks.1.att.v2";
  const broken = { ...source, info: (name: string) => (name === missing ? null : source.info(name)) };
  await expect(openRnn(gpu, config, broken)).rejects.toThrow(missing);
  expect(gpu.ledger.buffers).toBe(before);
});

it("needs 11 dispatches a layer for a token on a graphics card", async () => {
  const own = await testGpu();
  const gpu = { ...own, adapter: { ...own.adapter, software: false } };
  const config = shape(32, 8, 40, 3);
  const rnn = await openRnn(gpu, config, randomRwkv7(config, { w: 4, a: 4, v: 4, g: 4 }, "F16").source);
  const state = createRnnState(gpu, config, "state");
  const { scratch, weights, oneRow: rows } = rnn;
  const dispatches = buildForward(weights, { gpu, config, scratch, state, rows, mode: "decode" });
  expect(dispatches).toHaveLength(1 + 3 * 11);
  for (const owner of [rnn, state]) owner.destroy();
});
