import { describe, expect, it } from "vitest";
import type { TextConfig } from "../../src/model/config.ts";
import type { HostTensor, TensorSource } from "../../src/model/tensors.ts";
import { createLoader } from "../../src/rnn/loader.ts";
import { loadRnnWeights } from "../../src/rnn/weights.ts";
import { randomFloats } from "../close.ts";
import { testGpu } from "../gpu.ts";
import { quantisedModel } from "../quantised-model.ts";
import { randomRwkv6 } from "../random-rwkv6.ts";
import { bfloatTensor, floatTensor, tensorMap } from "../unit/model/tensor-map.ts";

const sizes = { hiddenSize: 64, headSize: 32, intermediateSize: 96, numHiddenLayers: 2, vocabSize: 50 };
const config: TextConfig = { modelType: "rwkv6", ...sizes };
const rows = 16;

async function tensorsOf(format: "int8" | "int4"): Promise<Map<string, HostTensor>> {
  const { source } = randomRwkv6(config, { mix: 4, decay: 8 }, "F16");
  return (await quantisedModel(source, format)).tensors;
}

/** Loads weights that are not to be loaded; nothing may stay on the GPU. */
async function loadBroken(tensors: ReadonlyMap<string, HostTensor>): Promise<unknown> {
  const gpu = await testGpu();
  const before = gpu.ledger.buffers;
  const error = await loadRnnWeights(gpu, config, tensorMap(tensors), rows).catch((reason) => reason);
  expect(gpu.ledger.buffers).toBe(before);
  return error;
}

const corrupt = (...parts: string[]) => ({
  code: "ModelCorrupt",
  message: expect.stringMatching(parts.map((part) => part.replace(/[[\]]/g, "\\$&")).join(".*")),
});

describe("quantised weights", () => {
  it("take the bytes that they have, and are told of one by one", async () => {
    const gpu = await testGpu();
    const bytes: number[] = [];
    for (const format of ["int8", "int4"] as const) {
      const tensors = await tensorsOf(format);
      const before = gpu.ledger.bytes;
      let told = 0;
      const weights = await loadRnnWeights(gpu, config, tensorMap(tensors), rows, () => told++);
      expect(weights.head.format).toBe(format);
      expect(told).toBe(tensors.size);
      bytes.push(gpu.ledger.bytes - before);
      weights.destroy();
      expect(gpu.ledger.bytes).toBe(before);
    }
    const weightsOfLayers = 2 * (6 * 64 * 64 + 2 * 64 * 96) + 50 * 64;
    expect((bytes[0] as number) - (bytes[1] as number)).toBe(weightsOfLayers / 2);
  });

  it("are refused where type, shape or scales do not fit, with the names of both", async () => {
    const name = "blocks.1.ffn.key.weight";
    const tensors = await tensorsOf("int8");
    const change = (of: string, changes: Partial<HostTensor>) =>
      new Map(tensors).set(of, { ...(tensors.get(of) as HostTensor), ...changes });
    const [data, scale] = [tensors.get(name) as HostTensor, tensors.get(`${name}.scale`) as HostTensor];
    expect(await loadBroken(change(name, { dtype: "U8" }))).toMatchObject(
      corrupt("layer [96, 64]", `${name} is U8 [96, 64]`, `${name}.scale is F16 [96, 2]`),
    );
    const half = { shape: [48, 64], bytes: data.bytes.slice(48 * 64) };
    expect(await loadBroken(change(name, half))).toMatchObject(corrupt(name, "I8 [48, 64]", `${name}.scale`));
    const short = { shape: [96, 1], bytes: scale.bytes.slice(96 * 2) };
    expect(await loadBroken(change(`${name}.scale`, short))).toMatchObject(corrupt(name, "scale is F16 [96, 1]"));
    const single = floatTensor([96, 2], new Float32Array(192));
    expect(await loadBroken(change(`${name}.scale`, single))).toMatchObject(corrupt(name, "scale is F32 [96, 2]"));
    const without = new Map(tensors);
    without.delete(name);
    expect(await loadBroken(without)).toMatchObject(corrupt(`${name} is missing`, `${name}.scale`));
  });

  it("are refused where one of several that are multiplied together is not as the others", async () => {
    const tensors = await tensorsOf("int8");
    const other = await tensorsOf("int4");
    const name = "blocks.0.att.value.weight";
    for (const of of [name, `${name}.scale`]) tensors.set(of, other.get(of) as HostTensor);
    expect(await loadBroken(tensors)).toMatchObject(corrupt("blocks.0.att.key.weight is in int8", name));
    tensors.set(name, floatTensor([64, 64], new Float32Array(64 * 64)));
    tensors.delete(`${name}.scale`);
    expect(await loadBroken(tensors)).toMatchObject(corrupt(name, "scale is missing"));
  });

  it("are refused without their scales, and where only numbers with a fraction can be", async () => {
    for (const name of ["blocks.0.att.output.weight", "emb.weight", "blocks.0.ln1.weight"]) {
      const tensors = await tensorsOf("int8");
      const shape = tensors.get(name)?.shape ?? [];
      const bytes = new Uint8Array(shape.reduce((product, size) => product * size, 1));
      tensors.delete(`${name}.scale`);
      tensors.set(name, { shape, dtype: "I8", bytes });
      expect(await loadBroken(tensors)).toMatchObject(corrupt("whole numbers", "I8"));
    }
  });
});

describe("a layer", () => {
  const load = async (source: TensorSource, names: readonly string[], outWidth: number, inWidth: number) => {
    const loader = createLoader(await testGpu(), source);
    const { format, pieces } = await loader.stacked(names, outWidth, inWidth);
    loader.destroy();
    return { format, bytes: pieces.reduce((sum, { tensor }) => sum + tensor.byteLength, 0) };
  };

  it("in bf16 becomes f16, or f32 when a number of it or of its neighbour is too large", async () => {
    const small = bfloatTensor([4, 8], randomFloats(32, 1));
    const large = bfloatTensor(
      [4, 8],
      Float32Array.from({ length: 32 }, (_, i) => (i === 30 ? 1e6 : 1)),
    );
    const source = tensorMap(new Map([["small", small] as const, ["large", large] as const]));
    expect(await load(source, ["small", "small"], 4, 8)).toEqual({ format: "f16", bytes: 128 });
    expect(await load(source, ["small", "large"], 4, 8)).toEqual({ format: "f32", bytes: 256 });
    const single = new Map([["small", small] as const, ["single", floatTensor([4, 8], new Float32Array(32))] as const]);
    expect(await load(tensorMap(single), ["small", "single"], 4, 8)).toEqual({ format: "f32", bytes: 256 });
  });

  it("that is large is read some rows at a time", async () => {
    const [outWidth, inWidth] = [9001, 512];
    const source = tensorMap(
      new Map([["head.weight", { shape: [outWidth, inWidth], dtype: "F16", bytes: new Uint8Array(outWidth * 1024) }]]),
    );
    expect(await load(source, ["head.weight"], outWidth, inWidth)).toEqual({ format: "f16", bytes: outWidth * 1024 });
    expect(source.reads).toEqual([
      ["head.weight", [0, 8192]],
      ["head.weight", [8192, 9001]],
    ]);
  });
});
