import type { VisionConfig } from "../model/config.ts";
import { addLayerNorm, addLinear, type ReadWeight } from "../onnx/layers.ts";
import { addActivation, type OnnxGraph } from "../onnx/onnx-graph.ts";

const head = "vision_model.head";

/**
 * Adds SigLIP's attention pooling (`SiglipMultiheadAttentionPoolingHead` of transformers) of rows x [F·N, D]: one vector a
 * picture, [F, D].
 *
 * @param patches N
 * @throws errors of `read`
 */
export async function addPoolingHead(
  graph: OnnxGraph,
  read: ReadWeight,
  vision: VisionConfig,
  patches: number,
  x: string,
): Promise<string> {
  const { hiddenSize: width, numAttentionHeads: heads, intermediateSize: inner } = vision;
  const depth = width / heads;
  // The projections of query, key and value lie in one tensor, one behind the other.
  const weight = await read(`${head}.attention.in_proj_weight`, [3 * width, width]);
  const bias = await read(`${head}.attention.in_proj_bias`, [3 * width]);
  const probe = await read(`${head}.probe`, [1, 1, width]);
  const project = (part: number) => {
    const rows = graph.constant(weight.subarray(part * width * width, (part + 1) * width * width), [width, width]);
    const offset = graph.constant(bias.subarray(part * width, (part + 1) * width), [width]);
    const projected = graph.node("Gemm", [x, rows, offset], { transB: 1 });
    return graph.node("Reshape", [projected, graph.integers([-1, patches, heads, depth])]);
  };
  const query = graph.constant(projectProbe(probe, weight, bias, 1 / Math.sqrt(depth)), [1, heads, 1, depth]);
  const keys = graph.node("Transpose", [project(1)], { perm: [0, 2, 3, 1] });
  const values = graph.node("Transpose", [project(2)], { perm: [0, 2, 1, 3] });
  const shares = graph.node("Softmax", [graph.node("MatMul", [query, keys])], { axis: -1 });
  const mixed = graph.node("Reshape", [graph.node("MatMul", [shares, values]), graph.integers([-1, width])]);
  const pooled = await addLinear(graph, read, `${head}.attention.out_proj`, mixed, width, width);
  const normed = await addLayerNorm(graph, read, `${head}.layernorm`, pooled, width, vision.layerNormEps);
  const wide = addActivation(
    graph,
    vision.hiddenAct,
    await addLinear(graph, read, `${head}.mlp.fc1`, normed, width, inner),
  );
  return graph.node("Add", [pooled, await addLinear(graph, read, `${head}.mlp.fc2`, wide, inner, width)]);
}

/** The query that is the same for every picture, scaled as attention does. */
function projectProbe(probe: Float32Array, weight: Float32Array, bias: Float32Array, scale: number): Float32Array {
  const width = probe.length;
  return Float32Array.from({ length: width }, (_, row) => {
    let sum = bias[row] ?? 0;
    for (let i = 0; i < width; i++) sum += (weight[row * width + i] ?? 0) * (probe[i] ?? 0);
    return sum * scale;
  });
}
