import { rowStride } from "../kernels/row-stride.ts";
import type { SeeingConfig } from "../model/config.ts";
import { addLayerNorm, addLinear, type ReadWeight } from "../onnx/layers.ts";
import { addActivation, fromProducts, type OnnxGraph, toProducts } from "../onnx/onnx-graph.ts";

/** PyTorch's default, which ModRWKV leaves as it is. */
const residualNormEps = 1e-5;

/**
 * Adds the connector (LLaVA-1.5's MLP): `depth` linear layers with the activation between them, from rows of width D to
 * rows of `rowStride(C)`, whose gap holds zeros. With `residualNorm` the result is y + LayerNorm(y) of the last layer's y, as in
 * ModRWKV (WorldRWKV's `VisualAdapter`).
 */
export async function addConnector(
  graph: OnnxGraph,
  config: SeeingConfig,
  read: ReadWeight,
  rows: string,
): Promise<string> {
  const { depth, hiddenAct, hiddenSize, residualNorm } = config.projector;
  const width = config.text.hiddenSize;
  const stride = rowStride(width);
  let y = toProducts(graph, rows);
  for (let layer = 0; layer < depth; layer++) {
    const last = layer === depth - 1;
    if (layer > 0) y = addActivation(graph, hiddenAct, y);
    const from = layer === 0 ? config.vision.hiddenSize : hiddenSize;
    const to = last ? width : hiddenSize;
    y = await addLinear(graph, read, `connector.${2 * layer}`, y, from, to, last && !residualNorm ? stride : to);
  }
  y = fromProducts(graph, y);
  if (!residualNorm) return y;
  y = graph.node("Add", [y, await addLayerNorm(graph, read, "connector.norm", y, width, residualNormEps)]);
  return stride === width ? y : graph.node("Pad", [y, graph.integers([0, 0, 0, stride - width])]);
}
