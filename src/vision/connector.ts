import { rowStride } from "../kernels/row-stride.ts";
import type { ModelConfig } from "../model/config.ts";
import { addActivation, type OnnxGraph } from "./onnx-graph.ts";
import { addLinear, type ReadWeight } from "./weights.ts";

/**
 * Adds the connector (LLaVA-1.5's MLP): `depth` linear layers with the activation between them, from rows of width D to
 * rows of `rowStride(C)`; the last layer is filled up with zeros, so that the gap holds zeros.
 */
export async function addConnector(
  graph: OnnxGraph,
  config: ModelConfig,
  read: ReadWeight,
  rows: string,
): Promise<string> {
  const { depth, hiddenAct, hiddenSize } = config.projector;
  const width = config.text.hiddenSize;
  let y = rows;
  for (let layer = 0; layer < depth; layer++) {
    const last = layer === depth - 1;
    if (layer > 0) y = addActivation(graph, hiddenAct, y);
    const from = layer === 0 ? config.vision.hiddenSize : hiddenSize;
    const to = last ? width : hiddenSize;
    y = await addLinear(graph, read, `connector.${2 * layer}`, y, from, to, last ? rowStride(to) : to);
  }
  return y;
}
