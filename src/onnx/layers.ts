import type { FloatType, OnnxGraph } from "./onnx-graph.ts";

/** Reads a weight of a certain shape as f32, or as bits of f16. @throws AuroraError `ModelCorrupt` with the name and both shapes */
export type ReadWeight = {
  (name: string, shape: readonly number[]): Promise<Float32Array>;
  (name: string, shape: readonly number[], type: FloatType): Promise<Float32Array | Uint16Array>;
};

/**
 * Adds y = x Wᵀ + b for `name.weight` [to, from] and `name.bias` [to] to rows x [·, from]; columns past `to` are zero. Both x and y are
 * what the graph's products are computed in.
 */
export async function addLinear(
  graph: OnnxGraph,
  read: ReadWeight,
  name: string,
  x: string,
  from: number,
  to: number,
  padded = to,
): Promise<string> {
  const weight = lengthen(await read(`${name}.weight`, [to, from], graph.products), padded * from);
  const bias = lengthen(await read(`${name}.bias`, [to], graph.products), padded);
  return graph.node("Gemm", [x, graph.constant(weight, [padded, from]), graph.constant(bias, [padded])], { transB: 1 });
}

/** Adds the layer norm `name.weight`, `name.bias` [width] of each row of x [·, width], in f32. */
export async function addLayerNorm(
  graph: OnnxGraph,
  read: ReadWeight,
  name: string,
  x: string,
  width: number,
  epsilon: number,
): Promise<string> {
  const weight = graph.constant(await read(`${name}.weight`, [width]), [width]);
  const bias = graph.constant(await read(`${name}.bias`, [width]), [width]);
  return graph.node("LayerNormalization", [x, weight, bias], { axis: -1, epsilon });
}

function lengthen(values: Float32Array | Uint16Array, length: number): Float32Array | Uint16Array {
  if (values.length === length) return values;
  const longer = values instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
  longer.set(values);
  return longer;
}
