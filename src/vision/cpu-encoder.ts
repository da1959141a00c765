import type { Gpu } from "../gpu/device.ts";
import { rowStride } from "../kernels/row-stride.ts";
import type { SeeingConfig } from "../model/config.ts";
import type { ReadWeight } from "../onnx/layers.ts";
import { createOnnxGraph, type FloatType, type OnnxGraph } from "../onnx/onnx-graph.ts";
import { type Bound, createOrtChain, type OrtNames } from "../onnx/ort-session.ts";
import { cutBySize } from "../onnx/session-size.ts";
import type { EncoderCore, EncoderTensors } from "./encoder-core.ts";
import { addFrames, addMerge, type MergedTokens } from "./merge-nodes.ts";
import { addEnd, addMetric, addSegment, bytesOfBlock, patchCount, type Segment } from "./segments.ts";

type Options = {
  readonly segments: readonly Segment[];
  readonly precision: FloatType;
  /** Most bytes of f32 weights in one session. */
  readonly sessionBytes: number;
};

/**
 * An encoder on onnxruntime's wasm back-end, merges included: a picture is read from the GPU once, and what comes of it written
 * there once.
 *
 * @throws AuroraError errors of `read` and of `createOrtChain`
 */
export async function createCpuEncoder(
  gpu: Gpu,
  config: SeeingConfig,
  read: ReadWeight,
  { merged, visual, sizes, owners }: EncoderTensors,
  options: Options & { readonly names: OrtNames },
): Promise<EncoderCore> {
  const { segments } = options;
  const merges = segments.some(({ removed }) => removed > 0);
  const chain = await createOrtChain(gpu, buildGroups(config, read, options), options.names);
  const { imageSize } = config.vision;
  const first = (tensor: Bound["tensor"], frames: number): Bound => ({
    tensor,
    shape: [frames, ...tensor.shape.slice(1)],
  });
  return {
    run: (pixels, frames) =>
      chain.run(
        { pixels: { tensor: pixels, shape: [frames, 3, imageSize, imageSize] } },
        {
          merged: first(merged, frames),
          visual: { tensor: visual, shape: [frames * (merged.shape[1] ?? 0), visual.shape[1] ?? 0] },
          ...(merges && { sizes: first(sizes, frames), owners: first(owners, frames) }),
        },
      ),
    destroy: () => chain.release(),
  };
}

/** The models of all segments, as few as their weights allow. */
async function* buildGroups(config: SeeingConfig, read: ReadWeight, options: Options) {
  const bytesOf = ({ from, to }: Segment) => (to - from) * bytesOfBlock(config.vision);
  for (const group of cutBySize(options.segments, bytesOf, options.sessionBytes))
    yield await buildGroup(config, read, group, options);
}

/**
 * Segments as one ONNX model, with the merges behind them. What goes from one model to the next is named by the segment that it goes into:
 * `x.3` [F·T, D], and once there was a merge, `size.3` [F, T] and `owners.3` [F, N] int64. The last gives `merged`, `visual`, `sizes` and `owners`.
 */
async function buildGroup(
  config: SeeingConfig,
  read: ReadWeight,
  group: readonly Segment[],
  { segments, precision }: Options,
): Promise<Uint8Array> {
  const { vision, merge } = config;
  const [head] = group as [Segment];
  const graph = createOnnxGraph(`vision.${head.index}`, precision);
  const width = vision.hiddenSize;
  const lastMerge = segments.findLast(({ removed }) => removed > 0);
  const merged = segments.slice(0, head.index).some(({ removed }) => removed > 0);
  const input = (name: string, shape: readonly (string | number)[], type?: "i64") =>
    graph.input(`${name}.${head.index}`, shape, type);
  let tokens: MergedTokens | null =
    head.index === 0
      ? null
      : {
          x: input("x", ["rows", width]),
          size: merged ? input("size", ["F", head.tokens]) : null,
          owners: merged ? input("owners", ["F", patchCount(vision)], "i64") : null,
        };
  let frames: string | null = null;
  for (const segment of group) {
    const { x, key } = await addSegment(graph, vision, read, segment, tokens?.x ?? null, tokens?.size ?? null);
    tokens = { size: null, owners: null, ...tokens, x };
    if (segment.removed === 0) continue;
    const metric = addMetric(graph, key);
    frames ??= addFrames(graph, metric);
    const order = merge.sort === "last" && segment !== lastMerge ? "none" : merge.order;
    tokens = addMerge(graph, tokens, metric, frames, { ...segment, order, protectFirst: merge.protectFirst, width });
  }
  const tail = group.at(-1) as Segment;
  if (tail.last) await addOutputs(graph, config, read, tail.tokens, tokens as MergedTokens);
  else passOn(graph, tokens as MergedTokens, tail.index + 1);
  return graph.encode();
}

function passOn(graph: OnnxGraph, { x, size, owners }: MergedTokens, to: number): void {
  graph.output(x, `x.${to}`, ["rows", "width"]);
  // By a node of their own: where nothing merged here, they are inputs, which cannot be outputs as well.
  if (size !== null) graph.output(graph.node("Identity", [size]), `size.${to}`, ["F", "tokens"]);
  if (owners !== null) graph.output(graph.node("Identity", [owners]), `owners.${to}`, ["F", "patches"], "i64");
}

/** Adds what follows the blocks, with the sizes and owners of what is left when token 0 is dropped. */
async function addOutputs(
  graph: OnnxGraph,
  config: SeeingConfig,
  read: ReadWeight,
  left: number,
  tokens: MergedTokens,
): Promise<void> {
  const { vision, merge, text } = config;
  const { node, integers } = graph;
  const { merged, visual } = await addEnd(graph, config, read, left, tokens.x);
  const kept = left - Number(merge.dropFirst);
  graph.output(merged, "merged", ["F", kept, vision.hiddenSize]);
  graph.output(visual, "visual", ["rows", rowStride(text.hiddenSize)]);
  if (tokens.size === null || tokens.owners === null) return;
  let { size, owners }: { size: string; owners: string } = { size: tokens.size, owners: tokens.owners };
  if (merge.dropFirst) {
    size = node("Slice", [size, integers([1]), integers([left]), integers([1])]);
    const first = node("Equal", [owners, integers([0])]);
    owners = node("Where", [first, integers([0xffff]), node("Sub", [owners, integers([1])])]);
  }
  graph.output(node("Identity", [size]), "sizes", ["F", kept]);
  graph.output(graph.cast(owners, "u32"), "owners", ["F", patchCount(vision)], "u32");
}
