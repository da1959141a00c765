import { rowStride } from "../kernels/row-stride.ts";
import { blockNames } from "../model/block-names.ts";
import type { SeeingConfig, VisionConfig } from "../model/config.ts";
import { usedLayers } from "../model/config.ts";
import { addLayerNorm, type ReadWeight } from "../onnx/layers.ts";
import { createOnnxGraph, type FloatType, fromProducts, type OnnxGraph } from "../onnx/onnx-graph.ts";
import { addAttention, addMlp, type Block } from "../onnx/transformer.ts";
import { addConnector } from "./connector.ts";

/**
 * A run of the vision transformer between two merges. It starts with the patch embedding or the MLP of block `from − 1`,
 * and ends with the attention of block `to − 1`, or, the last one, with the connector.
 */
export type Segment = {
  readonly index: number;
  /** Blocks whose attention is in this segment: from ≤ i < to. */
  readonly from: number;
  readonly to: number;
  /** T, the tokens of a frame inside this segment. */
  readonly tokens: number;
  /** Tokens merged away after it; 0 for none. */
  readonly removed: number;
  /** Whether attention here looks at the tokens' sizes. */
  readonly sized: boolean;
  readonly last: boolean;
};

/** Default for `planSegments`. */
const defaultBytes = 256 << 20;

/** Number of patches of a frame, N. */
export function patchCount(vision: VisionConfig): number {
  return Math.floor(vision.imageSize / vision.patchSize) ** 2;
}

/**
 * Cuts the encoder where tokens merge; at most half of the tokens that may merge do (ToMe, bipartite matching).
 *
 * @param segmentBytes f32 weights past which a segment is cut even without a merge: copies of one segment's weights exist
 *   while it is loaded
 */
export function planSegments(config: SeeingConfig, segmentBytes = defaultBytes): Segment[] {
  const { vision, merge } = config;
  const blockBytes = 4 * (4 * vision.hiddenSize ** 2 + 2 * vision.hiddenSize * vision.intermediateSize);
  const blocks = usedLayers(vision);
  const segments: Segment[] = [];
  let tokens = patchCount(vision);
  let merges = false;
  let from = 0;
  const cut = (to: number, removed: number, last: boolean) => {
    const sized = merge.proportionalAttention && merges && to > from;
    segments.push({ index: segments.length, from, to, tokens, removed, sized, last });
    merges ||= removed > 0;
    tokens -= removed;
    from = to;
  };
  for (let block = 0; block < blocks; block++) {
    const most = Math.floor((tokens - Number(merge.protectFirst)) / 2);
    const removed = Math.max(0, Math.min(merge.r[block] ?? 0, most));
    if (removed > 0 || (block + 1 - from) * blockBytes >= segmentBytes) cut(block + 1, removed, false);
  }
  cut(blocks, 0, true);
  return segments;
}

/**
 * Builds a segment as an ONNX model from a checkpoint with Hugging Face SigLIP's names (`modeling_siglip.py`).
 * Inputs: `pixels` [F, 3, S, S] (the first) or `x` [F, T, D]; `size` [F, T] where `sized`. Outputs: `y` [F, T, D], and
 * `metric` [F, T, rowStride(d)] where a merge follows; of the last, `merged` [F, M, D] and `visual` [F·M, rowStride(C)].
 *
 * @param products what linear layers and attention are computed in; the patch embedding, norms and sums are f32
 * @throws AuroraError `ModelCorrupt` when a tensor is missing or has another shape; errors of `read`
 */
export async function buildSegment(
  config: SeeingConfig,
  read: ReadWeight,
  segment: Segment,
  products: FloatType,
): Promise<Uint8Array<ArrayBuffer>> {
  const { vision } = config;
  const { tokens, from, to } = segment;
  const graph = createOnnxGraph(`vision.${segment.index}`, products);
  const width = vision.hiddenSize;
  let x: string;
  if (segment.index === 0) {
    x = await addEmbeddings(graph, vision, read);
  } else {
    x = graph.node("Reshape", [graph.input("x", ["F", tokens, width]), graph.integers([-1, width])]);
    x = await addMlp(graph, read, blockOf(vision, from - 1), x);
  }
  const logSize = segment.sized ? addLogSize(graph, tokens) : null;
  let key = "";
  for (let block = from; block < to; block++) {
    if (block > from) x = await addMlp(graph, read, blockOf(vision, block - 1), x);
    ({ x, key } = await addAttention(graph, read, blockOf(vision, block), { tokens, x, bias: logSize }));
  }
  if (segment.last) {
    // The last block's MLP, unless a merge after its attention put it at the start of this segment.
    if (to > from) x = await addMlp(graph, read, blockOf(vision, to - 1), x);
    await addEnd(graph, config, read, tokens, x);
  } else {
    graph.output(graph.node("Reshape", [x, graph.integers([-1, tokens, width])]), "y", ["F", tokens, width]);
    if (segment.removed > 0) {
      const metric = addMetric(graph, fromProducts(graph, key), width / vision.numAttentionHeads);
      graph.output(metric, "metric", ["F", tokens, rowStride(width / vision.numAttentionHeads)]);
    }
  }
  return graph.encode();
}

/** Keys [F, T, H, d] averaged over the heads, [F, T, rowStride(d)]. */
function addMetric(graph: OnnxGraph, key: string, width: number): string {
  const mean = graph.node("ReduceMean", [key, graph.integers([2])], { keepdims: 0 });
  const gap = rowStride(width) - width;
  return gap === 0 ? mean : graph.node("Pad", [mean, graph.integers([0, 0, 0, 0, 0, gap])]);
}

/** Adds the patch convolution and the position embedding of the input `pixels` [F, 3, S, S]: rows [F·N, D]. @throws errors of `read` */
export async function addEmbeddings(graph: OnnxGraph, vision: VisionConfig, read: ReadWeight): Promise<string> {
  const { imageSize, patchSize, hiddenSize: width } = vision;
  const patches = patchCount(vision);
  const name = "vision_model.embeddings";
  const pixels = graph.input("pixels", ["F", 3, imageSize, imageSize]);
  const shape = [width, 3, patchSize, patchSize];
  const weight = graph.constant(await read(`${name}.patch_embedding.weight`, shape), shape);
  const bias = graph.constant(await read(`${name}.patch_embedding.bias`, [width]), [width]);
  const sides = [patchSize, patchSize];
  const image = graph.node("Conv", [pixels, weight, bias], { kernel_shape: sides, strides: sides });
  const columns = graph.node("Reshape", [image, graph.integers([-1, width, patches])]);
  const rows = graph.node("Transpose", [columns], { perm: [0, 2, 1] });
  const positions = await read(`${name}.position_embedding.weight`, [patches, width]);
  const x = graph.node("Add", [rows, graph.constant(positions, [patches, width])]);
  return graph.node("Reshape", [x, graph.integers([-1, width])]);
}

/** ln(size) as [F, 1, 1, T], to be added along the keys (ToMe's proportional attention). */
function addLogSize(graph: OnnxGraph, tokens: number): string {
  const log = graph.node("Log", [graph.input("size", ["F", tokens])]);
  return graph.node("Reshape", [log, graph.integers([-1, 1, 1, tokens])]);
}

/** Block `index` of the tower. */
export function blockOf(vision: VisionConfig, index: number): Block {
  return {
    width: vision.hiddenSize,
    heads: vision.numAttentionHeads,
    inner: vision.intermediateSize,
    activation: vision.hiddenAct,
    epsilon: vision.blockNormEps,
    names: blockNames(`vision_model.encoder.layers.${index}`),
  };
}

/** Post-layernorm, the dropped first token, and the connector. */
async function addEnd(
  graph: OnnxGraph,
  config: SeeingConfig,
  read: ReadWeight,
  tokens: number,
  rows: string,
): Promise<void> {
  const { vision, merge } = config;
  const width = vision.hiddenSize;
  const normed = vision.postLayernorm
    ? await addLayerNorm(graph, read, "vision_model.post_layernorm", rows, width, vision.layerNormEps)
    : rows;
  let merged = graph.node("Reshape", [normed, graph.integers([-1, tokens, width])]);
  const left = tokens - Number(merge.dropFirst);
  if (merge.dropFirst) {
    merged = graph.node("Slice", [merged, graph.integers([1]), graph.integers([tokens]), graph.integers([1])]);
  }
  const flat = graph.node("Reshape", [merged, graph.integers([-1, width])]);
  const visual = await addConnector(graph, config, read, flat);
  graph.output(merged, "merged", ["F", left, width]);
  graph.output(visual, "visual", ["rows", rowStride(config.text.hiddenSize)]);
}
