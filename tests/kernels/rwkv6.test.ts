import { afterAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import type { TextConfig } from "../../src/model/config.ts";
import { buildForward } from "../../src/rnn/forward.ts";
import { openRnn } from "../../src/rnn/rnn.ts";
import { clearRnnState, copyRnnState, createRnnState, readRnnState, writeRnnState } from "../../src/rnn/state.ts";
import { expectClose, relativeError } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { openWriter } from "../open-writer.ts";
import { type Ranks, randomRwkv6 } from "../random-rwkv6.ts";
import { runReference } from "../reference/run-rwkv.ts";
import { step } from "../reference/rwkv6.ts";

const shape = (
  hiddenSize: number,
  headSize: number,
  intermediateSize: number,
  numHiddenLayers = 2,
  vocabSize = 97,
): TextConfig => ({
  modelType: "rwkv6",
  hiddenSize,
  headSize,
  intermediateSize,
  numHiddenLayers,
  vocabSize,
});

const shapes: [string, TextConfig, Ranks, "F16" | "F32"][] = [
  ["nano's heads", shape(128, 64, 448), { mix: 16, decay: 32 }, "F16"],
  ["small heads in f32", shape(96, 32, 130), { mix: 7, decay: 5 }, "F32"],
  ["heads of 5", shape(35, 5, 61, 3, 101), { mix: 3, decay: 2 }, "F16"],
  ["heads of 128", shape(256, 128, 300, 1), { mix: 4, decay: 9 }, "F16"],
  ["one head of 20", shape(20, 20, 37), { mix: 1, decay: 1 }, "F32"],
];

const ids = (count: number, vocab: number) => Uint32Array.from({ length: count }, (_, i) => (i * 31 + 7) % vocab);

/** As if it were a graphics card's: what is chosen for those runs here too. */
const asCard = (gpu: Gpu): Gpu => ({ ...gpu, adapter: { ...gpu.adapter, software: false } });

const adapters: [string, (gpu: Gpu) => Gpu, typeof shapes][] = [
  ["its own adapter", (gpu) => gpu, shapes],
  ["a graphics card", asCard, shapes.slice(1, 3)],
];

const cases = adapters.flatMap(([adapter, as, list]) => list.map((each) => [...each, adapter, as] as const));

describe.each(cases)("RWKV-6 with %s", (_, config, ranks, dtype, adapter, as) => {
  it(`computes the reference's logits and state, as a chunk and token by token, for ${adapter}`, async () => {
    const gpu = as(await testGpu());
    const before = gpu.ledger.buffers;
    const { source, values } = randomRwkv6(config, ranks, dtype);
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

const tiny = shape(64, 32, 112, 2);

describe("a state", () => {
  const { source, values } = randomRwkv6(tiny, { mix: 4, decay: 8 }, "F16", 50);
  const opened = (async () => {
    const gpu = await testGpu();
    const rnn = await openRnn(gpu, tiny, source);
    return { gpu, rnn, stream: openWriter(gpu, rnn, "a"), other: openWriter(gpu, rnn, "b") };
  })();
  afterAll(async () => (await opened).rnn.destroy());
  const greedy = { temperature: 0, topP: 1, random: () => 0 };

  it("drifts no further after 512 single steps than the chunked reading does", async () => {
    const { gpu, stream, other } = await opened;
    const indices = ids(512, tiny.vocabSize);
    const expected = runReference(step, values, tiny, indices);
    clearRnnState(gpu, stream.state);
    clearRnnState(gpu, other.state);
    for (const id of indices) stream.read(Uint32Array.of(id));
    other.read(indices);
    const [a, b] = [await readRnnState(gpu, tiny, stream.state), await readRnnState(gpu, tiny, other.state)];
    a.forEach((layer, n) => {
      expectClose(layer, expected.states[n] as Float64Array, 1e-4);
      expectClose(layer, b[n] as Float32Array, 1e-4);
    });
  });

  it("generates what greedy choice in the reference does, and rewinds to any of its tokens", async () => {
    const { gpu, stream, other } = await opened;
    const prompt = ids(9, tiny.vocabSize);
    clearRnnState(gpu, stream.state);
    stream.prompt(prompt);
    const tokens = await stream.generate(6, greedy);
    const fed = [...prompt];
    for (const token of tokens) {
      const { logits } = runReference(step, values, tiny, Uint32Array.from(fed));
      expect(token).toBe(logits.indexOf(Math.max(...logits)));
      fed.push(token);
    }
    stream.rewind(tokens.subarray(0, 2));
    clearRnnState(gpu, other.state);
    other.read(Uint32Array.from([...prompt, ...tokens.subarray(0, 2)]));
    const [a, b] = [await readRnnState(gpu, tiny, stream.state), await readRnnState(gpu, tiny, other.state)];
    for (const [n, layer] of a.entries()) expectClose(layer, b[n] as Float32Array, 1e-5);
    expect(await stream.generate(2, greedy)).toEqual(tokens.subarray(2, 4));
  });

  it("chooses among the first ids alone where it was told so, greedily and by chance", async () => {
    const { gpu, rnn, stream } = await opened;
    clearRnnState(gpu, stream.state);
    stream.prompt(ids(9, tiny.vocabSize));
    const logits = await stream.readLogits();
    const best = logits.indexOf(Math.max(...logits));
    expect(best).toBeGreaterThan(1);
    const few = openWriter(gpu, rnn, "few", best);
    few.prompt(ids(9, tiny.vocabSize));
    const [token = 0] = await few.generate(1, greedy);
    expect(token).toBe(logits.indexOf(Math.max(...logits.subarray(0, best))));
    const sampled = await few.generate(8, { temperature: 50, topP: 1, random: () => 1 - 2 ** -24 });
    expect(Math.max(...sampled)).toBeLessThan(best);
    few.destroy();
  });

  it("forks: a copy answers as the original would, which stays as it was", async () => {
    const { gpu, stream, other } = await opened;
    clearRnnState(gpu, stream.state);
    stream.read(ids(20, tiny.vocabSize));
    const kept = await readRnnState(gpu, tiny, stream.state);
    copyRnnState(gpu, stream.state, other.state);
    other.prompt(ids(5, tiny.vocabSize));
    const forked = await other.generate(4, greedy);
    const after = await readRnnState(gpu, tiny, stream.state);
    for (const [n, layer] of after.entries()) expect(relativeError(layer, kept[n] as Float32Array)).toBe(0);
    stream.prompt(ids(5, tiny.vocabSize));
    expect(await stream.generate(4, greedy)).toEqual(forked);
  });

  it("is a value: read, and written over another, it answers as before, bit for bit", async () => {
    const { gpu, stream, other } = await opened;
    clearRnnState(gpu, stream.state);
    stream.read(ids(20, tiny.vocabSize));
    const saved = await readRnnState(gpu, tiny, stream.state);
    other.read(ids(3, tiny.vocabSize));
    writeRnnState(gpu, tiny, other.state, saved);
    expect(await readRnnState(gpu, tiny, other.state)).toEqual(saved);
    for (const writer of [stream, other]) writer.prompt(ids(5, tiny.vocabSize));
    expect(await other.readLogits()).toEqual(await stream.readLogits());
    expect(() => writeRnnState(gpu, tiny, other.state, saved.slice(1))).toThrow(/a state of 2 layers of 2176 numbers/);
  });
});

it("needs 10 dispatches a layer for a token on a graphics card", async () => {
  const gpu = asCard(await testGpu());
  const config = shape(32, 8, 40, 3);
  const rnn = await openRnn(gpu, config, randomRwkv6(config, { mix: 4, decay: 4 }, "F16").source);
  const state = createRnnState(gpu, config, "state");
  const { scratch, weights, oneRow: rows } = rnn;
  const dispatches = buildForward(weights, { gpu, config, scratch, state, rows, mode: "decode" });
  expect(dispatches).toHaveLength(1 + 3 * 10);
  for (const owner of [rnn, state]) owner.destroy();
});
