import { blockNames } from "../src/model/block-names.ts";
import type { ReadWeight } from "../src/onnx/layers.ts";
import { createOnnxGraph } from "../src/onnx/onnx-graph.ts";
import { addAttention, addCausalBias, addMlp, type Block } from "../src/onnx/transformer.ts";
import { randomFloats } from "./close.ts";

/** Tokens of a text, and the blocks of a small tower that reads it: nothing of it is a picture's. */
export const tokens = 7;
export const blocks: readonly Block[] = [0, 1].map((index) => ({
  width: 24,
  heads: 3,
  inner: 40,
  activation: "quick_gelu",
  epsilon: 1e-5,
  names: blockNames(`text_model.encoder.layers.${index}`),
}));

/** Builds the tower: from `x` [B, T, D] to `y` [B, T, D]. */
export async function buildTextTower(read: ReadWeight, causal: boolean): Promise<Uint8Array> {
  const graph = createOnnxGraph("text");
  const bias = causal ? addCausalBias(graph, tokens) : null;
  const width = blocks[0]?.width ?? 0;
  let x = graph.node("Reshape", [graph.input("x", ["B", tokens, width]), graph.integers([-1, width])]);
  for (const block of blocks) {
    ({ x } = await addAttention(graph, read, block, { tokens, x, bias }));
    x = await addMlp(graph, read, block, x);
  }
  graph.output(graph.node("Reshape", [x, graph.integers([-1, tokens, width])]), "y", ["B", tokens, width]);
  return graph.encode();
}

/** Repeatable weights by their names; the same values each time one is asked for. */
export function textWeights(): { read: ReadWeight; readonly values: ReadonlyMap<string, Float32Array> } {
  const values = new Map<string, Float32Array>();
  return {
    values,
    async read(name, shape) {
      const length = shape.reduce((product, size) => product * size, 1);
      const made = values.get(name) ?? randomFloats(length, values.size, 0.5);
      values.set(name, made);
      return made;
    },
  };
}
