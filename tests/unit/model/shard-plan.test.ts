import { describe, expect, test } from "vitest";
import { planShards } from "../../../src/model/shard-plan.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";

/** A language model of so many layers, its names and shapes alone. */
function layersOf(count: number): TensorSource {
  const names = Array.from({ length: count }, (_, layer) => [
    `blocks.${layer}.att.key.weight`,
    `blocks.${layer}.ln1.weight`,
  ]);
  const all = ["emb.weight", ...names.flat(), "head.weight", "vision_model.blocks.0.att.key.weight"];
  return {
    names: all,
    info: (name) => ({ shape: name.includes("ln1") ? [64] : [64, 64], dtype: "F16" }),
    read: () => Promise.reject(new Error("forms need no values")),
  };
}

/** The form of each tensor that is stored in whole numbers. */
function formsOf(count: number, quantization: "int8" | "int4"): Record<string, string> {
  const parts = planShards(layersOf(count), quantization).flatMap((shard) => shard.parts);
  return Object.fromEntries(parts.filter(({ form }) => /^int/.test(form)).map(({ tensor, form }) => [tensor, form]));
}

describe("the linear layers of a model in int4", () => {
  test("have 4 bits between the first layer and the last, which have 8", () => {
    expect(formsOf(12, "int4")).toEqual({
      "blocks.0.att.key.weight": "int8",
      ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`blocks.${i + 1}.att.key.weight`, "int4"])),
      "blocks.11.att.key.weight": "int8",
      "head.weight": "int4",
    });
  });

  test.each([1, 2])("all have 4 where there are %i", (count) => {
    expect(new Set(Object.values(formsOf(count, "int4")))).toEqual(new Set(["int4"]));
  });
});

test("all have 8 bits in int8", () => {
  expect(new Set(Object.values(formsOf(5, "int8")))).toEqual(new Set(["int8"]));
});
