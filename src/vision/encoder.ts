import { AuroraError, assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { runDispatches } from "../gpu/record.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { cannotSee, type ModelConfig, type SeeingConfig, seeing } from "../model/config.ts";
import type { TensorSource } from "../model/tensors.ts";
import type { FloatType } from "../onnx/onnx-graph.ts";
import { type Bound, createOrtSession, type OrtSession } from "../onnx/ort-session.ts";
import { createMerger, type Merger, type MergeStep } from "./merge.ts";
import { buildSegment, patchCount, planSegments, type Segment } from "./segments.ts";
import { createWeightReader } from "./weights.ts";

/** What its sessions are called. */
const names = { label: "vision", what: "vision encoder" };

/** Frames after the encoder; the first `frames` of each tensor's first axis hold them. */
export type EncodedFrames = {
  /** F */
  readonly frames: number;
  /** M, the tokens of each frame. */
  readonly tokens: number;
  /** [maxBatch, M, D] f32, dense: what the ViT gives after merging, before the connector. */
  readonly merged: Tensor;
  /** [maxBatch, M] f32: how many patches each token stands for. */
  readonly sizes: Tensor;
  /** [maxBatch · M, rowStride(C)] f32: the connector's output, zeros after each row. */
  readonly visual: Tensor;
  /** [maxBatch, N] u32: the token that each patch went into, 0xffff where it was dropped. */
  readonly owners: Tensor;
};

/** A vision encoder on the GPU, or on the CPU with its merging on the GPU. */
export type Encoder = {
  readonly backend: "webgpu" | "wasm";
  /** What linear layers and attention are computed in, and their weights held. */
  readonly precision: FloatType;
  /** M */
  readonly tokensPerFrame: number;
  /** N */
  readonly patches: number;
  /** Most frames of one call. */
  readonly maxBatch: number;
  /**
   * Encodes the first `frames` pictures of `pixels` [maxBatch, 3, S, S] f32. The result lies in tensors of the encoder, valid
   * until the next call. One call at a time.
   *
   * @throws AuroraError `OutOfMemory`, `DeviceLost`
   */
  encode(pixels: Tensor, frames: number): Promise<EncodedFrames>;
  /** Frees all memory, once a call that still runs has ended. */
  destroy(): Promise<void>;
};

/**
 * In place of an encoder, of a model for text only: pictures have no tokens.
 *
 * @param backend see `createEncoder`
 */
export function createNoEncoder(gpu: Gpu, config: ModelConfig, backend: "auto" | Encoder["backend"]): Encoder {
  return {
    backend: backendOf(gpu, backend),
    precision: "f32",
    tokensPerFrame: 0,
    patches: 0,
    maxBatch: config.sampling.maxBatch,
    encode: async () => {
      throw new AuroraError("ModelUnsupported", cannotSee(config.name));
    },
    destroy: async () => undefined,
  };
}

function backendOf(gpu: Gpu, backend: "auto" | Encoder["backend"]): Encoder["backend"] {
  return backend === "auto" ? (gpu.adapter.software ? "wasm" : "webgpu") : backend;
}

/** f16 is what a GPU has to have shaders for; processors compute in f32. */
function precisionOf(gpu: Gpu, backend: Encoder["backend"], precision: "auto" | FloatType): FloatType {
  if (precision !== "auto") return precision;
  return backend === "webgpu" && gpu.device.features.has("shader-f16") ? "f16" : "f32";
}

/**
 * Loads SigLIP with token merging and its connector from a checkpoint.
 *
 * @param options.backend `auto` is `webgpu`, or `wasm` where the adapter is itself software
 * @param options.precision f32 unless given; `auto` is f16 on a GPU that computes in it. On `wasm` f16 is rounded to and computed in f32
 * @param options.maxBatch most frames of one call; lowered to what the adapter has room for
 * @param options.onTensor called with the bytes of each tensor read
 * @param options.segmentBytes see `planSegments`
 * @throws AuroraError `ModelCorrupt`, `ModelUnsupported`, `AdapterTooSmall`, `OutOfMemory`, `Aborted`, `DownloadFailed`
 */
export async function createEncoder(
  gpu: Gpu,
  modelConfig: ModelConfig,
  tensors: TensorSource,
  options: {
    readonly backend: "auto" | "webgpu" | "wasm";
    readonly precision?: "auto" | FloatType;
    readonly maxBatch: number;
    readonly signal?: AbortSignal;
    readonly onTensor?: (bytes: number) => void;
    readonly segmentBytes?: number;
  },
): Promise<Encoder> {
  const backend = backendOf(gpu, options.backend);
  const precision = precisionOf(gpu, backend, options.precision ?? "f32");
  const config = seeing(modelConfig);
  checkSupported(config);
  const maxBatch = backend === "webgpu" ? fittingBatch(gpu, config, precision, options.maxBatch) : options.maxBatch;
  const segments = planSegments(config, options.segmentBytes);
  const read = createWeightReader(tensors, options);
  const sessions: OrtSession[] = [];
  try {
    // One after the other: onnxruntime demands it, and so the host holds one segment's weights at a time.
    for (const segment of segments) {
      sessions.push(await createOrtSession(gpu, backend, await buildSegment(config, read, segment, precision), names));
    }
    options.signal?.throwIfAborted();
  } catch (error) {
    await releaseAll(sessions);
    throw options.signal?.aborted ? new AuroraError("Aborted", "Stopped.", error) : error;
  }
  return assemble(gpu, config, { backend, precision, segments, sessions, maxBatch });
}

async function releaseAll(sessions: readonly OrtSession[]): Promise<void> {
  for (const session of sessions) await session.release();
}

/** Bytes of a frame's largest tensor: the attention's logits [H, T, T], the MLP's hidden rows [T, inner], or the picture [3, S, S] f32. */
function largestBytes(config: SeeingConfig, precision: FloatType): number {
  const { numAttentionHeads: heads, intermediateSize, imageSize } = config.vision;
  const tokens = patchCount(config.vision);
  const inside = (precision === "f16" ? 2 : 4) * tokens * Math.max(heads * tokens, intermediateSize);
  return Math.max(inside, 4 * 3 * imageSize * imageSize);
}

function checkSupported(config: SeeingConfig): void {
  const tokens = planSegments(config).at(-1)?.tokens ?? 0;
  if (tokens - Number(config.merge.dropFirst) < 1) {
    throw new AuroraError("ModelUnsupported", "This model keeps no token of a frame.");
  }
}

/** Frames that the adapter's buffers have room for at once, at most `wanted`. */
function fittingBatch(gpu: Gpu, config: SeeingConfig, precision: FloatType, wanted: number): number {
  const bytes = largestBytes(config, precision);
  if (bytes <= gpu.maxBindingBytes) return Math.min(wanted, Math.floor(gpu.maxBindingBytes / bytes));
  const [needs, has] = [bytes, gpu.maxBindingBytes].map((size) => `${Math.ceil(size / 2 ** 20)} MiB`);
  throw new AuroraError(
    "AdapterTooSmall",
    `This graphics adapter is too small for this model: a frame needs a buffer of ${needs}, it has ${has}.`,
  );
}

type Parts = {
  readonly backend: "webgpu" | "wasm";
  readonly precision: FloatType;
  readonly segments: readonly Segment[];
  readonly sessions: readonly OrtSession[];
  readonly maxBatch: number;
};

/** A segment with the tensors that it goes through: it reads `input` and writes `output`; a merge goes back to `input`. */
type Stage = {
  readonly session: OrtSession;
  readonly segment: Segment;
  readonly input: Tensor;
  readonly output: Tensor;
  readonly step: MergeStep | null;
  /** Sizes of the tokens that come in. */
  readonly sizes: Tensor;
};

/** Allocates the tensors between the segments, and puts the encoder together. */
function assemble(gpu: Gpu, config: SeeingConfig, parts: Parts): Encoder {
  const { vision, merge, text } = config;
  const { backend, precision, segments, maxBatch } = parts;
  const patches = patchCount(vision);
  const width = vision.hiddenSize;
  const left = segments.at(-1)?.tokens ?? 0;
  const tokens = left - Number(merge.dropFirst);
  const merged = createTensor(gpu, "vision.merged", [maxBatch, tokens, width], "f32");
  const visual = createTensor(gpu, "vision.visual", [maxBatch * tokens, rowStride(text.hiddenSize)], "f32");
  const sizes = createTensor(gpu, "vision.sizes", [maxBatch, tokens], "f32");
  const merger = createMerger(gpu, config, segments, maxBatch);
  const hidden = [0, 1].map((i) => createTensor(gpu, `vision.x.${i}`, [maxBatch, patches, width], "f32"));
  const stages = planStages(parts, merger, hidden);
  let running: Promise<unknown> | null = null;

  async function runStage(stage: Stage, pixels: Tensor, frames: number): Promise<void> {
    const { segment, session, input, output, step } = stage;
    const rows = [frames, segment.tokens] as const;
    const inputs: Record<string, Bound> =
      segment.index === 0
        ? { pixels: { tensor: pixels, shape: [frames, 3, vision.imageSize, vision.imageSize] } }
        : { x: { tensor: input, shape: [...rows, width] } };
    if (segment.sized) inputs.size = { tensor: stage.sizes, shape: rows };
    const outputs: Record<string, Bound> = segment.last
      ? {
          merged: { tensor: merged, shape: [frames, tokens, width] },
          visual: { tensor: visual, shape: [frames * tokens, rowStride(text.hiddenSize)] },
        }
      : { y: { tensor: output, shape: [...rows, width] } };
    if (step) outputs.metric = { tensor: merger.metric, shape: [...rows, merger.metricWidth] };
    await session.run(inputs, outputs);
    if (step) runDispatches(gpu, step.dispatches, { rows: frames });
  }

  /** The last merge's sizes, less those of a dropped token 0. */
  function copySizes(frames: number): void {
    const encoder = gpu.device.createCommandEncoder({ label: "vision.sizes" });
    for (let frame = 0; frame < frames; frame++) {
      const from = (frame * left + left - tokens) * 4;
      encoder.copyBufferToBuffer(merger.sizes.buffer, from, sizes.buffer, frame * tokens * 4, tokens * 4);
    }
    gpu.device.queue.submit([encoder.finish()]);
  }

  async function runAll(pixels: Tensor, frames: number): Promise<EncodedFrames> {
    for (const stage of stages) await runStage(stage, pixels, frames);
    copySizes(frames);
    return { frames, tokens, merged, sizes, visual, owners: merger.owners };
  }

  return {
    backend,
    precision,
    tokensPerFrame: tokens,
    patches,
    maxBatch,
    async encode(pixels, frames) {
      assert(!running, "the encoder is busy");
      assert(frames >= 1 && frames <= maxBatch, `${frames} frames, at most ${maxBatch}`);
      const result = runAll(pixels, frames);
      running = result.catch(() => undefined);
      try {
        return await result;
      } finally {
        running = null;
      }
    },
    async destroy() {
      await running;
      for (const tensor of [merged, visual, sizes, ...hidden]) tensor.destroy();
      merger.destroy();
      await releaseAll(parts.sessions);
    },
  };
}

function planStages(parts: Parts, merger: Merger, hidden: readonly Tensor[]): Stage[] {
  let [input, output] = hidden as [Tensor, Tensor];
  return parts.segments.map((segment, i) => {
    const sizes = merger.sizes;
    const step = segment.removed > 0 ? merger.addStep(segment, output, input) : null;
    const stage = { session: parts.sessions[i] as OrtSession, segment, input, output, step, sizes };
    if (!step) [input, output] = [output, input];
    return stage;
  });
}
