import { onnx } from "onnx-proto";
import { describe, expect, it } from "vitest";
import nano from "../../../public/models/nano/config.json" with { type: "json" };
import { parseConfig, type SeeingConfig, seeing } from "../../../src/model/config.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import { buildSegment, planSegments } from "../../../src/vision/segments.ts";
import { createWeightReader } from "../../../src/vision/weights.ts";

const base = seeing(parseConfig(nano));

function withMerge(r: readonly number[], merge: Partial<SeeingConfig["merge"]> = {}, vision = {}): SeeingConfig {
  return { ...base, vision: { ...base.vision, ...vision }, merge: { ...base.merge, r, ...merge } };
}

/** from, to, tokens, removed of each segment. */
const plan = (config: SeeingConfig) =>
  planSegments(config).map(({ from, to, tokens, removed }) => [from, to, tokens, removed]);

describe("planSegments", () => {
  it("cuts after the attention of each block that merges", () => {
    expect(plan(withMerge([18, 13, 9, 7, 5, 0]))).toEqual([
      [0, 1, 64, 18],
      [1, 2, 46, 13],
      [2, 3, 33, 9],
      [3, 4, 24, 7],
      [4, 5, 17, 5],
      [5, 6, 12, 0],
    ]);
  });

  it("joins blocks that do not merge, and takes missing entries as 0", () => {
    expect(plan(withMerge([0, 0, 4]))).toEqual([
      [0, 3, 64, 4],
      [3, 6, 60, 0],
    ]);
    expect(plan(withMerge([]))).toEqual([[0, 6, 64, 0]]);
  });

  it("ends with an MLP alone when the last block merges", () => {
    expect(plan(withMerge([0, 0, 0, 0, 0, 4])).at(-1)).toEqual([6, 6, 60, 0]);
  });

  it("merges at most half of the tokens that may merge", () => {
    const removed = (merge: Partial<SeeingConfig["merge"]>) =>
      planSegments(withMerge([100, 100, 100, 100, 100, 100], merge)).map((segment) => segment.removed);
    expect(removed({ protectFirst: false })).toEqual([32, 16, 8, 4, 2, 1, 0]);
    expect(removed({ protectFirst: true })).toEqual([31, 16, 8, 4, 2, 1, 0]);
  });

  it("uses no more blocks than select_layer says, which may be none", () => {
    expect(plan(withMerge([18, 13, 9], {}, { selectLayer: 2 })).at(-1)).toEqual([2, 2, 33, 0]);
    expect(plan(withMerge([18], {}, { selectLayer: 0 }))).toEqual([[0, 0, 64, 0]]);
  });

  it("asks for sizes only after a merge, where attention wants them", () => {
    const sized = (merge: Partial<SeeingConfig["merge"]>) =>
      planSegments(withMerge([0, 4, 0, 0, 0, 4], merge)).map((segment) => segment.sized);
    expect(sized({ proportionalAttention: true })).toEqual([false, true, false]);
    expect(sized({ proportionalAttention: false })).toEqual([false, false, false]);
  });

  it("cuts after every block where weights may not gather", () => {
    const cuts = planSegments(withMerge([0, 4]), 1).map(({ from, to, removed }) => [from, to, removed]);
    expect(cuts).toEqual([
      [0, 1, 0],
      [1, 2, 4],
      [2, 3, 0],
      [3, 4, 0],
      [4, 5, 0],
      [5, 6, 0],
      [6, 6, 0],
    ]);
  });

  it("bounds the weights of one segment", () => {
    const large = { hiddenSize: 1152, intermediateSize: 4304, numHiddenLayers: 27, selectLayer: -1 };
    expect(plan(withMerge([], {}, large)).length).toBeGreaterThan(3);
    expect(plan(withMerge([], {}, large)).at(-1)?.[1]).toBe(27);
  });
});

describe("buildSegment", () => {
  const config = withMerge([18, 0]);
  /** Zeros of the right shape, but `name` has `shape`, or is missing. */
  const source = (name = "", shape: readonly number[] | null = null): TensorSource => ({
    names: [],
    info: (asked) => {
      const found = asked === name ? shape : shapes.get(asked);
      return found ? { shape: found, dtype: "F16" } : null;
    },
    read: async (asked) => {
      const size = shapes.get(asked) ?? [];
      const bytes = new Uint8Array(size.reduce((product, length) => product * length, 2));
      return { shape: size, dtype: "F16", bytes };
    },
  });
  const shapes = new Map<string, number[]>([
    ["vision_model.embeddings.patch_embedding.weight", [128, 3, 12, 12]],
    ["vision_model.embeddings.patch_embedding.bias", [128]],
    ["vision_model.embeddings.position_embedding.weight", [64, 128]],
    ...["layer_norm1.weight", "layer_norm1.bias"].map(layerZero([128])),
    ...["q", "k", "v", "out"].map((which) => `self_attn.${which}_proj.weight`).map(layerZero([128, 128])),
    ...["q", "k", "v", "out"].map((which) => `self_attn.${which}_proj.bias`).map(layerZero([128])),
  ]);
  const build = async (tensors: TensorSource, signal?: AbortSignal, precision: "f32" | "f16" = "f32") => {
    const [first] = planSegments(config);
    if (!first) throw new Error("no segment");
    return buildSegment(config, createWeightReader(tensors, { signal }), first, precision);
  };

  it("writes a model with a free number of frames and fixed tokens", async () => {
    const { graph } = onnx.ModelProto.decode(await build(source()));
    const shape = (value: onnx.IValueInfoProto) =>
      value.type?.tensorType?.shape?.dim?.map((dim) => dim.dimParam || Number(dim.dimValue));
    expect(graph?.input?.map((value) => [value.name, shape(value)])).toEqual([["pixels", ["F", 3, 96, 96]]]);
    expect(graph?.output?.map((value) => [value.name, shape(value)])).toEqual([
      ["y", ["F", 64, 128]],
      ["metric", ["F", 64, 32]],
    ]);
    const made = new Set(graph?.node?.flatMap((node) => node.output ?? []));
    expect([made.has("y"), made.has("metric")]).toEqual([true, true]);
  });

  it("holds the weights of products in half the bytes for f16", async () => {
    const [half, full] = [await build(source(), undefined, "f16"), await build(source())];
    const products = 4 * (128 * 128 + 128);
    expect(full.byteLength - half.byteLength).toBeGreaterThan(2 * products - 2000);
    const types = onnx.ModelProto.decode(half).graph?.initializer?.map(({ dataType }) => dataType) ?? [];
    expect(types.filter((type) => type === onnx.TensorProto.DataType.FLOAT16)).toHaveLength(8);
  });

  it.each([
    ["vision_model.embeddings.position_embedding.weight", [81, 128], "[81, 128]", "[64, 128]"],
    ["vision_model.encoder.layers.0.self_attn.k_proj.bias", [64], "[64]", "[128]"],
    ["vision_model.encoder.layers.0.layer_norm1.weight", null, "missing", "[128]"],
  ])("names a tensor that does not fit: %s", async (name, shape, found, expected) => {
    const error = await build(source(name, shape)).catch((reason) => reason);
    expect(error).toMatchObject({ code: "ModelCorrupt" });
    for (const part of [name, found, expected]) expect(error.message).toContain(part);
  });

  it("stops at once when told so", async () => {
    await expect(build(source(), AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  });
});

function layerZero(shape: number[]) {
  return (name: string): [string, number[]] => [`vision_model.encoder.layers.0.${name}`, shape];
}
