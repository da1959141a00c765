import { rowStride } from "../kernels/row-stride.ts";
import { blockNames } from "../model/block-names.ts";
import type { SeeingConfig, VisionConfig } from "../model/config.ts";
import { usedLayers } from "../model/config.ts";
import { addLayerNorm, type ReadWeight } from "../onnx/layers.ts";
import { createOnnxGraph, type FloatType, fromProducts, type OnnxGraph } from "../onnx/onnx-graph.ts";
import { blockBytes, defaultBytes } from "../onnx/session-size.ts";
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

/** Bytes of a block's matrices in f32. */
export function bytesOfBlock({ hiddenSize, intermediateSize }: VisionConfig): number {
  return blockBytes({ width: hiddenSize, inner: intermediateSize });
}

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
    if (removed > 0 || (block + 1 - from) * bytesOfBlock(vision) >= segmentBytes) cut(block + 1, removed, false);
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
  const { tokens, index } = segment;
  const graph = createOnnxGraph(`vision.${index}`, products);
  const width = vision.hiddenSize;
  const rows =
    index === 0 ? null : graph.node("Reshape", [graph.input("x", ["F", tokens, width]), graph.integers([-1, width])]);
  const size = segment.sized ? graph.input("size", ["F", tokens]) : null;
  const { x, key } = await addSegment(graph, vision, read, segment, rows, size);
  if (segment.last) {
    const { merged, visual } = await addEnd(graph, config, read, tokens, x);
    graph.output(merged, "merged", ["F", tokens - Number(config.merge.dropFirst), width]);
    graph.output(visual, "visual", ["rows", rowStride(config.text.hiddenSize)]);
  } else {
    graph.output(graph.node("Reshape", [x, graph.integers([-1, tokens, width])]), "y", ["F", tokens, width]);
    if (segment.removed > 0) {
      const depth = width / vision.numAttentionHeads;
      graph.output(padRows(graph, addMetric(graph, key), depth), "metric", ["F", tokens, rowStride(depth)]);
    }
  }
  return graph.encode();
}

/**
 * Adds a segment's blocks to rows [F·T, D]; gives the rows with the keys [F, T, H, d] of its last attention, if it has one.
 *
 * @param rows null for the first segment, which starts from the input `pixels`
 * @param size [F, T]: how many patches each token stands for; looked at where the segment is `sized`
 */
export async function addSegment(
  graph: OnnxGraph,
  vision: VisionConfig,
  read: ReadWeight,
  { tokens, from, to, last, sized }: Segment,
  rows: string | null,
  size: string | null,
): Promise<{ x: string; key: string }> {
  let x =
    rows === null
      ? await addEmbeddings(graph, vision, read)
      : await addMlp(graph, read, blockOf(vision, from - 1), rows);
  const bias = sized && size !== null ? addLogSize(graph, size, tokens) : null;
  let key = "";
  for (let block = from; block < to; block++) {
    if (block > from) x = await addMlp(graph, read, blockOf(vision, block - 1), x);
    ({ x, key } = await addAttention(graph, read, blockOf(vision, block), { tokens, x, bias }));
  }
  // The last block's MLP, unless a merge after its attention put it at the start of this segment.
  if (last && to > from) x = await addMlp(graph, read, blockOf(vision, to - 1), x);
  return { x, key };
}

/** Keys [F, T, H, d] averaged over the heads, [F, T, d] f32. */
export function addMetric(graph: OnnxGraph, key: string): string {
  return graph.node("ReduceMean", [fromProducts(graph, key), graph.integers([2])], { keepdims: 0 });
}

/** Values [F, T, width], each row filled up with zeros to `rowStride(width)`. */
function padRows(graph: OnnxGraph, values: string, width: number): string {
  const gap = rowStride(width) - width;
  return gap === 0 ? values : graph.node("Pad", [values, graph.integers([0, 0, 0, 0, 0, gap])]);
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

/** ln(size) of [F, T] as [F, 1, 1, T], to be added along the keys (ToMe's proportional attention). */
function addLogSize(graph: OnnxGraph, size: string, tokens: number): string {
  return graph.node("Reshape", [graph.node("Log", [size]), graph.integers([-1, 1, 1, tokens])]);
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

/** Adds what follows the blocks: the post-layernorm, token 0 dropped, `merged` [F, M, D], and `visual` [F·M, rowStride(C)] by the connector. */
export async function addEnd(
  graph: OnnxGraph,
  config: SeeingConfig,
  read: ReadWeight,
  tokens: number,
  rows: string,
): Promise<{ merged: string; visual: string }> {
  const { vision, merge } = config;
  const width = vision.hiddenSize;
  const normed = vision.postLayernorm
    ? await addLayerNorm(graph, read, "vision_model.post_layernorm", rows, width, vision.layerNormEps)
    : rows;
  let merged = graph.node("Reshape", [normed, graph.integers([-1, tokens, width])]);
  if (merge.dropFirst) {
    merged = graph.node("Slice", [merged, graph.integers([1]), graph.integers([tokens]), graph.integers([1])]);
  }
  const flat = graph.node("Reshape", [merged, graph.integers([-1, width])]);
  return { merged, visual: await addConnector(graph, config, read, flat) };
}
