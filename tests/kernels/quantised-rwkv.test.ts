import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chooseVariants } from "../../src/kernels/linear-variants.ts";
import { parseConfig, type TextConfig } from "../../src/model/config.ts";
import { openSafetensors } from "../../src/model/safetensors.ts";
import type { TensorSource } from "../../src/model/tensors.ts";
import { openRnn } from "../../src/rnn/rnn.ts";
import { clearRnnState, readRnnState } from "../../src/rnn/state.ts";
import { expectClose, relativeError } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { whatLacks } from "../missing-variants.ts";
import { openWriter } from "../open-writer.ts";
import { quantisedModel } from "../quantised-model.ts";
import { randomRwkv6 } from "../random-rwkv6.ts";
import { randomRwkv7 } from "../random-rwkv7.ts";
import { runReference } from "../reference/run-rwkv.ts";
import * as rwkv6 from "../reference/rwkv6.ts";
import * as rwkv7 from "../reference/rwkv7.ts";
import { memoryReader } from "../unit/model/memory-reader.ts";

const sizes = { hiddenSize: 96, headSize: 32, intermediateSize: 160, numHiddenLayers: 2, vocabSize: 101 };
const six: TextConfig = { modelType: "rwkv6", ...sizes };
const seven: TextConfig = { modelType: "rwkv7", ...sizes };

describe.each([
  ["RWKV-6", six, () => randomRwkv6(six, { mix: 7, decay: 5 }, "F16"), rwkv6.step],
  ["RWKV-7", seven, () => randomRwkv7(seven, { w: 5, a: 3, v: 7, g: 9 }, "F16"), rwkv7.step],
] as const)("a quantised %s", (_, config, model, step) => {
  it.each(["int8", "int4"] as const)("in %s computes what its weights stand for", async (format) => {
    const gpu = await testGpu();
    const before = gpu.ledger.buffers;
    const { source, values } = await quantisedModel(model().source, format);
    const rnn = await openRnn(gpu, config, source);
    const [chunked, stepped] = [openWriter(gpu, rnn, "chunked"), openWriter(gpu, rnn, "stepped")];
    const indices = Uint32Array.from({ length: 21 }, (_, i) => (i * 31 + 7) % config.vocabSize);
    const expected = runReference(step, values, config, indices);
    chunked.prompt(indices);
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

describe("the built-in model", async () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
  const config = parseConfig(JSON.parse(read("public/models/nano/config.json").toString())).text;
  const source = await openSafetensors(memoryReader("nano", read("public/models/nano/model.safetensors")));
  const questions = JSON.parse(read("tests/fixtures/text/prompt-cases.json").toString()) as { ids: number[] }[];
  const prompts = questions.map(({ ids }) => Uint32Array.from(ids));

  const best = (logits: Float32Array) => logits.indexOf(Math.max(...logits));
  const answerTokens = 10;

  /** The logits at each place of an answer to each prompt, where `answers` are read, or else the best words. */
  async function run(tensors: TensorSource, answers?: readonly Float32Array[]) {
    const gpu = await testGpu();
    const rnn = await openRnn(gpu, config, tensors);
    const stream = openWriter(gpu, rnn, "nano");
    const found: Float32Array[] = [];
    for (const ids of prompts) {
      clearRnnState(gpu, stream.state);
      let next = ids;
      for (let i = 0; i < answerTokens; i++) {
        stream.prompt(next);
        const logits = await stream.readLogits();
        next = Uint32Array.of(best(answers?.[found.length] ?? logits));
        found.push(logits);
      }
    }
    stream.destroy();
    rnn.destroy();
    return found;
  }

  const runs = new Map<"f16" | "int8" | "int4", Promise<Float32Array[]>>();

  /** What the model gives in a format, each place behind the best words in f16; run once. */
  function inFormat(format: "f16" | "int8" | "int4"): Promise<Float32Array[]> {
    const known = runs.get(format);
    if (known) return known;
    const found =
      format === "f16"
        ? run(source)
        : quantisedModel(source, format).then(async (made) => run(made.source, await inFormat("f16")));
    runs.set(format, found);
    return found;
  }

  /** @param mostError on average @param leastAgreement part of all places at which both have the same best word */
  function expectAlike(found: Float32Array[], expected: Float32Array[], mostError: number, leastAgreement: number) {
    const errors = found.map((logits, i) => relativeError(logits, expected[i] as Float32Array));
    const same = found.filter((logits, i) => best(logits) === best(expected[i] as Float32Array));
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(mostError);
    expect(same.length / found.length).toBeGreaterThan(leastAgreement);
  }

  it.each([
    ["int8", 0.03, 0.95],
    ["int4", 0.3, 0.8],
  ] as const)("chooses in %s nearly as in f16", async (format, mostError, leastAgreement) => {
    expectAlike(await inFormat(format), await inFormat("f16"), mostError, leastAgreement);
  });

  const able = await testGpu();

  it.each([
    ["half", 0.005, 0.99],
    ["dot", 0.03, 0.95],
  ] as const)(
    "chooses nearly the same in int8, its products made in %s, where the adapter has that",
    async (arithmetic, mostError, leastAgreement) => {
      if (!{ half: able.halfArithmetic, dot: able.packedDot }[arithmetic]) {
        expect(whatLacks(able, arithmetic)).not.toBeNull();
        return;
      }
      const expected = await inFormat("int8");
      const { source: tensors } = await quantisedModel(source, "int8");
      chooseVariants(able, { prefill: arithmetic, decode: { lanes: 8, arithmetic } });
      const found = await run(tensors, await inFormat("f16"));
      chooseVariants(able, null);
      expectAlike(found, expected, mostError, leastAgreement);
    },
  );
});
