import { describe, expect, it } from "vitest";
import { bufferUsage } from "../../src/gpu/flags.ts";
import { runDispatches } from "../../src/gpu/record.ts";
import { createTensor, readWords } from "../../src/gpu/tensor.ts";
import { tokenChoiceGreedy, tokenChoiceTopP } from "../../src/kernels/token-choice.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import * as reference from "../reference/token-choice.ts";

type Sampling = { temperature: number; p: number; randoms: Float32Array };

/** Chooses greedily once, or once for each random number; also checks that the last choice is left as the next input. */
async function choose(logits: Float32Array, sampling?: Sampling, threads?: number): Promise<number[]> {
  const gpu = await testGpu();
  const slots = sampling?.randoms.length ?? 1;
  const tensor = createTensor(gpu, "logits", [logits.length], "f32", logits);
  const tokens = createTensor(gpu, "tokens", [1 + slots], "u32");
  const next = createTensor(gpu, "next", [1], "u32");
  const randoms = createTensor(gpu, "randoms", [slots], "f32", sampling?.randoms ?? new Float32Array(1));
  const settings = gpu.device.createBuffer({ size: 16, usage: bufferUsage.uniform | bufferUsage.copyDst });
  const { temperature = 1, p = 1 } = sampling ?? {};
  gpu.device.queue.writeBuffer(settings, 0, new Float32Array([1 / temperature, p]));
  const io = { logits: tensor, tokens, next };
  const dispatch = sampling
    ? tokenChoiceTopP(gpu, { ...io, randoms, settings }, logits.length, threads)
    : tokenChoiceGreedy(gpu, io, logits.length, threads);
  runDispatches(
    gpu,
    Array.from({ length: slots }, () => dispatch),
  );
  const [count, ...chosen] = await readWords(gpu, tokens);
  expect(count).toBe(slots);
  expect((await readWords(gpu, next))[0]).toBe(chosen.at(-1));
  for (const owner of [tensor, tokens, next, randoms, settings]) owner.destroy();
  return chosen;
}

/** Vocabulary sizes and threads: those of software adapters, and those of others. */
const shapes = [
  [1, 16],
  [5, 16],
  [255, 16],
  [257, 256],
  [890, 16],
  [5000, 16],
] as const;

describe.each(shapes)("of %i tokens with %i threads", (vocab, threads) => {
  it("greedy choice takes the most likely one", async () => {
    for (const seed of [1, 2, 3]) {
      const logits = randomFloats(vocab, seed, 20);
      expect(await choose(logits, undefined, threads)).toEqual([reference.greedy(logits)]);
    }
  });

  it("greedy choice gives ties to the lowest id", async () => {
    const logits = new Float32Array(vocab).fill(-7);
    expect(await choose(logits, undefined, threads)).toEqual([0]);
    for (let id = vocab >> 1; id < vocab; id += 3) logits[id] = -2;
    expect(await choose(logits, undefined, threads)).toEqual([vocab >> 1]);
  });

  it("greedy choice finds the only possible token, wherever it is", async () => {
    for (const id of new Set([0, vocab >> 1, vocab - 1])) {
      const logits = new Float32Array(vocab).fill(Number.NEGATIVE_INFINITY);
      logits[id] = -1e30;
      expect(await choose(logits, undefined, threads)).toEqual([id]);
    }
  });

  it.each([0, 0.1, 0.5, 0.9, 1])("top-p %d agrees with the reference for many random numbers", async (p) => {
    const randoms = randomFloats(24, 9).map((value) => (value + 1) / 2);
    randoms.set([0, 1 - 2 ** -24]);
    for (const [temperature, seed] of [
      [1, 1],
      [0.3, 2],
      [2.5, 3],
    ] as const) {
      const logits = randomFloats(vocab, seed, 6);
      const nucleus = reference.nucleus(logits, temperature, p);
      const chosen = await choose(logits, { temperature, p, randoms }, threads);
      for (const [i, id] of chosen.entries()) {
        // f32 may put a random number next to a boundary on its other side: the neighbours within 1e-5 are right as well.
        const random = randoms[i] as number;
        const right = [random - 1e-5, random, random + 1e-5].map((value) => reference.sample(nucleus, value));
        expect(right).toContain(id);
      }
    }
  });
});

describe("top-p", () => {
  it("at p = 0 is greedy but for ties", async () => {
    const logits = randomFloats(890, 4, 3);
    const chosen = await choose(logits, { temperature: 1, p: 0, randoms: Float32Array.of(0, 0.5, 0.99) });
    expect(new Set(chosen)).toEqual(new Set([reference.greedy(logits)]));
  });

  it("never takes an impossible token, even at p = 1", async () => {
    const logits = new Float32Array(300).fill(Number.NEGATIVE_INFINITY);
    logits.set([1, 2, 3], 100);
    const randoms = Float32Array.from({ length: 20 }, (_, i) => (i === 19 ? 1 - 2 ** -24 : i / 20));
    for (const p of [0.3, 1]) {
      const chosen = await choose(logits, { temperature: 1, p, randoms });
      expect(chosen.every((id) => id >= 100 && id < 103)).toBe(true);
    }
  });

  it("keeps all of several equally likely tokens", async () => {
    const randoms = Float32Array.from({ length: 8 }, (_, i) => (i + 0.5) / 8);
    const chosen = await choose(new Float32Array(8).fill(-3), { temperature: 1, p: 0.1, randoms });
    expect(chosen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("draws tokens as often as their probabilities say", async () => {
    const logits = Float32Array.of(0, 1, -1, 2, 0.5, -3);
    const draws = 2000;
    const randoms = randomFloats(draws, 11).map((value) => (value + 1) / 2);
    const chosen = await choose(logits, { temperature: 1.3, p: 0.95, randoms });
    const nucleus = reference.nucleus(logits, 1.3, 0.95);
    for (const [id, probability] of nucleus.entries()) {
      const share = chosen.filter((each) => each === id).length / draws;
      expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt(0.25 / draws));
      if (probability === 0) expect(share).toBe(0);
    }
    expect(nucleus.filter((probability) => probability === 0).length).toBeGreaterThan(0);
  });
});
