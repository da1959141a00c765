import { onnx } from "onnx-proto";
import { expect, it } from "vitest";
import { buildTextTower, textWeights } from "../../text-tower.ts";

it("builds a text's tower of the tensors that its prefix names", async () => {
  const shapes = new Map<string, readonly number[]>();
  const { read } = textWeights();
  const model = await buildTextTower(async (name, shape) => {
    shapes.set(name, shape);
    return read(name, shape);
  }, true);
  expect([...shapes.keys()].filter((name) => !/^text_model\.encoder\.layers\.[01]\./.test(name))).toEqual([]);
  expect(shapes.size).toBe(2 * 16);
  expect(shapes.get("text_model.encoder.layers.1.self_attn.out_proj.weight")).toEqual([24, 24]);
  expect(shapes.get("text_model.encoder.layers.0.mlp.fc1.weight")).toEqual([40, 24]);
  expect(shapes.get("text_model.encoder.layers.0.mlp.fc2.bias")).toEqual([24]);
  expect(shapes.get("text_model.encoder.layers.0.layer_norm2.weight")).toEqual([24]);

  const { graph } = onnx.ModelProto.decode(model);
  const dimensions = (value: onnx.IValueInfoProto | undefined) =>
    value?.type?.tensorType?.shape?.dim?.map((dim) => dim.dimParam || Number(dim.dimValue));
  expect([graph?.input?.[0], graph?.output?.[0]].map(dimensions)).toEqual([
    ["B", 7, 24],
    ["B", 7, 24],
  ]);
  const made = new Set(["x", ...(graph?.initializer ?? []).map(({ name }) => name)]);
  for (const { input, output } of graph?.node ?? []) {
    expect((input ?? []).filter((value) => !made.has(value))).toEqual([]);
    for (const value of output ?? []) made.add(value);
  }
  expect(made).toContain("y");
});
