import { afterEach, describe, expect, it } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import {
  availableVariants,
  chooseVariants,
  type DecodeVariant,
  linearVariants,
  nameVariant,
  type PrefillVariant,
  suitedVariants,
} from "../../src/kernels/linear-variants.ts";
import { uploadLinear } from "../../src/kernels/linear-weights.ts";
import { errorBounds, tuneLinear } from "../../src/kernels/tune-linear.ts";
import type { TextConfig } from "../../src/model/config.ts";
import { openRnn } from "../../src/rnn/rnn.ts";
import { describeTuned, tuneRnn } from "../../src/rnn/tuned-kernels.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { randomRwkv6 } from "../random-rwkv6.ts";

const quick = { rows: 20, budgetMs: 20, compileMs: 60_000 };

const asCard = (gpu: Gpu): Gpu => ({ ...gpu, adapter: { ...gpu.adapter, software: false } });

async function weights(gpu: Gpu) {
  const shapes = [
    { batch: 2, outWidth: 64, inWidth: 64 },
    { outWidth: 150, inWidth: 64 },
  ];
  return shapes.map((shape) =>
    uploadLinear(gpu, "w", randomFloats((shape.batch ?? 1) * shape.outWidth * shape.inWidth, 1), shape),
  );
}

afterEach(async () => chooseVariants(await testGpu(), null));

describe("the tuner", () => {
  it("times every variant, finds all of them right, and takes none that is slower; leaves nothing behind", async () => {
    const gpu = await testGpu();
    const before = gpu.ledger.buffers;
    const samples = await weights(gpu);
    const { variants, measured } = await tuneLinear(gpu, samples, quick);
    for (const w of samples) w.destroy();

    const available = availableVariants(gpu);
    for (const kind of ["prefill", "decode"] as const) {
      const list = measured.filter((each) => each.kind === kind);
      expect(list.map(({ variant }) => variant).toSorted()).toEqual(available[kind].map(nameVariant).toSorted());
      for (const { error, arithmetic } of list)
        expect(error).toBeLessThan(arithmetic === "f32" ? 1e-5 : errorBounds[arithmetic]);
      const ms = (variant: PrefillVariant | DecodeVariant) =>
        list.find((each) => each.variant === nameVariant(variant))?.ms ?? Number.NaN;
      expect(ms(variants[kind])).toBeLessThanOrEqual(ms(suitedVariants(gpu)[kind]));
    }
    expect(gpu.ledger.buffers).toBe(before);
  });

  it("never takes a variant that gives other values", async () => {
    const gpu = await testGpu();
    if (gpu.subgroupSize === null) throw new Error("the test needs subgroups");
    const samples = await weights(gpu);
    // A subgroup that is said to be larger than it is adds up only a part.
    const { variants, measured } = await tuneLinear({ ...gpu, subgroupSize: 2 * gpu.subgroupSize }, samples, quick);
    for (const w of samples) w.destroy();

    const wrong = measured.find(({ kind, variant }) => kind === "decode" && variant === "subgroup f32");
    expect(wrong?.error).toBeGreaterThan(1e-2);
    expect(variants.decode.lanes).not.toBe("subgroup");
    expect(describeTuned({ variants, measured, source: "measured" })).toContain("never used: decode subgroup");
  });
});

describe("the kernels of a model", () => {
  const config: TextConfig = {
    modelType: "rwkv6",
    hiddenSize: 32,
    headSize: 8,
    intermediateSize: 40,
    numHiddenLayers: 1,
    vocabSize: 11,
  };

  /** What is kept, in a variable. */
  const keeping = (text: string | null) => ({
    text,
    async read() {
      return this.text;
    },
    async write(changed: string) {
      this.text = changed;
    },
  });

  it("are measured once for an adapter and kept; a software adapter takes what suits it", async () => {
    const gpu = await testGpu();
    const card = asCard(gpu);
    const rnn = await openRnn(gpu, config, randomRwkv6(config, { mix: 4, decay: 4 }, "F16").source);
    const kept = keeping(null);

    expect(await tuneRnn(gpu, rnn, "auto", kept)).toMatchObject({ source: "suited", variants: suitedVariants(gpu) });
    const measured = await tuneRnn(card, rnn, "auto", kept);
    expect(measured.source).toBe("measured");
    expect(linearVariants(card)).toEqual(measured.variants);
    expect(await tuneRnn(card, rnn, "auto", kept)).toEqual({ ...measured, source: "kept", measured: [] });
    expect((await tuneRnn(card, rnn, "measure", kept)).source).toBe("measured");
    expect(await tuneRnn(card, rnn, "suited", kept)).toMatchObject({
      source: "suited",
      variants: suitedVariants(card),
    });
    rnn.destroy();
  });

  it("are measured again where what was kept is damaged, or names what the adapter lacks", async () => {
    const card = asCard(await testGpu());
    const rnn = await openRnn(card, config, randomRwkv6(config, { mix: 4, decay: 4 }, "F16").source);
    const kept = keeping("{ not JSON");
    expect((await tuneRnn(card, rnn, "auto", kept)).source).toBe("measured");
    kept.text = (kept.text ?? "").replace(/"prefill":"\w+"/, '"prefill":"by magic"');
    expect((await tuneRnn(card, rnn, "auto", kept)).source).toBe("measured");
    rnn.destroy();
  });
});
