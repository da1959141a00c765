import type { OnnxGraph } from "./onnx-graph.ts";

/** Reads a weight of a certain shape as f32. @throws AuroraError `ModelCorrupt` with the name and both shapes */
export type ReadWeight = (name: string, shape: readonly number[]) => Promise<Float32Array>;

/** Adds y = x Wᵀ + b for `name.weight` [to, from] and `name.bias` [to] to rows x [·, from]; columns past `to` are zero. */
export async function addLinear(
  graph: OnnxGraph,
  read: ReadWeight,
  name: string,
  x: string,
  from: number,
  to: number,
  padded = to,
): Promise<string> {
  const weight = lengthen(await read(`${name}.weight`, [to, from]), padded * from);
  const bias = lengthen(await read(`${name}.bias`, [to]), padded);
  return graph.node("Gemm", [x, graph.constant(weight, [padded, from]), graph.constant(bias, [padded])], { transB: 1 });
}

/** Adds the layer norm `name.weight`, `name.bias` [width] of each row of x [·, width]. */
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

function lengthen(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const longer = new Float32Array(length);
  longer.set(values);
  return longer;
}
