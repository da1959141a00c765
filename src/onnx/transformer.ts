import { addLayerNorm, addLinear, type ReadWeight } from "./layers.ts";
import { type Activation, addActivation, fromProducts, type OnnxGraph, toProducts } from "./onnx-graph.ts";

/** A block of a pre-norm transformer. */
export type Block = {
  /** D */
  readonly width: number;
  /** H, a divisor of D. */
  readonly heads: number;
  /** Width of the MLP's hidden rows. */
  readonly inner: number;
  readonly activation: Activation;
  /** Of the layer norms. */
  readonly epsilon: number;
  readonly names: BlockNames;
};

/** What `read` knows the layers by, each with `.weight` and `.bias` behind it. */
type BlockNames = {
  readonly attentionNorm: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOut: string;
  readonly mlpNorm: string;
  readonly mlpIn: string;
  readonly mlpOut: string;
};

/**
 * Adds x + Attention(LN(x)) of rows x [B·T, D]; gives with it the keys [B, T, H, D / H]. Between the norm and the sum, and in the keys,
 * values are what the graph's products are computed in.
 *
 * @param at.tokens T
 * @param at.bias added to the attention's logits before their softmax, broadcast to [B, H, T, T]; null for none
 * @throws errors of `read`
 */
export async function addAttention(
  graph: OnnxGraph,
  read: ReadWeight,
  block: Block,
  at: { readonly tokens: number; readonly x: string; readonly bias: string | null },
): Promise<{ x: string; key: string }> {
  const { width, heads, epsilon, names } = block;
  const normed = toProducts(graph, await addLayerNorm(graph, read, names.attentionNorm, at.x, width, epsilon));
  const split = graph.integers([-1, at.tokens, heads, width / heads]);
  const project = async (name: string) =>
    graph.node("Reshape", [await addLinear(graph, read, name, normed, width, width), split]);
  const scale = toProducts(graph, graph.constant(Float32Array.of(1 / Math.sqrt(width / heads)), []));
  const scaled = graph.node("Mul", [await project(names.query), scale]);
  const query = graph.node("Transpose", [scaled], { perm: [0, 2, 1, 3] });
  const key = await project(names.key);
  const value = graph.node("Transpose", [await project(names.value)], { perm: [0, 2, 1, 3] });
  let logits = graph.node("MatMul", [query, graph.node("Transpose", [key], { perm: [0, 2, 3, 1] })]);
  if (at.bias !== null) logits = graph.node("Add", [logits, toProducts(graph, at.bias)]);
  const mixed = graph.node("MatMul", [graph.node("Softmax", [logits], { axis: -1 }), value]);
  const joined = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  const rows = graph.node("Reshape", [joined, graph.integers([-1, width])]);
  const out = await addLinear(graph, read, names.attentionOut, rows, width, width);
  return { x: graph.node("Add", [at.x, fromProducts(graph, out)]), key };
}

/** Adds x + MLP(LN(x)) of rows x [·, D]; between the norm and the sum as above. @throws errors of `read` */
export async function addMlp(graph: OnnxGraph, read: ReadWeight, block: Block, x: string): Promise<string> {
  const { width, inner, activation, epsilon, names } = block;
  const normed = toProducts(graph, await addLayerNorm(graph, read, names.mlpNorm, x, width, epsilon));
  const hidden = addActivation(graph, activation, await addLinear(graph, read, names.mlpIn, normed, width, inner));
  const out = await addLinear(graph, read, names.mlpOut, hidden, inner, width);
  return graph.node("Add", [x, fromProducts(graph, out)]);
}

/** Adds what lets a token attend to itself and those before it alone, [T, T], to be given to `addAttention` as its bias. */
export function addCausalBias(graph: OnnxGraph, tokens: number): string {
  const bias = Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? -3e38 : 0,
  );
  return graph.constant(bias, [tokens, tokens]);
}
