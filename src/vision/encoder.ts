import { AuroraError, assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { rowStride } from "../kernels/row-stride.ts";
import { cannotSee, type ModelConfig, type SeeingConfig, seeing } from "../model/config.ts";
import type { TensorSource } from "../model/tensors.ts";
import type { FloatType } from "../onnx/onnx-graph.ts";
import { defaultBytes } from "../onnx/session-size.ts";
import { createCpuEncoder } from "./cpu-encoder.ts";
import type { EncoderCore, EncoderTensors } from "./encoder-core.ts";
import { createGpuEncoder } from "./gpu-encoder.ts";
import { patchCount, planSegments, type Segment } from "./segments.ts";
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

/** Where an encoder is to compute, and in what: f32 unless given. */
type EncoderPlace = {
  readonly backend: "auto" | Encoder["backend"];
  readonly precision?: "auto" | FloatType;
};

/**
 * In place of an encoder, of a model for text only: pictures have no tokens.
 *
 * @param backend see `createEncoder`
 */
export function createNoEncoder(gpu: Gpu, config: ModelConfig, backend: "auto" | Encoder["backend"]): Encoder {
  return {
    ...placeEncoder(gpu, { backend }),
    tokensPerFrame: 0,
    patches: 0,
    maxBatch: config.sampling.maxBatch,
    encode: async () => {
      throw new AuroraError("ModelUnsupported", cannotSee(config.name));
    },
    destroy: async () => undefined,
  };
}

/** Where an encoder computes, and in what; see `createEncoder`. f16 is what a GPU has to have shaders for. */
export function placeEncoder(
  { adapter, device }: Gpu,
  { backend, precision = "f32" }: EncoderPlace,
): Pick<Encoder, "backend" | "precision"> {
  const place = backend === "auto" ? (adapter.software ? "wasm" : "webgpu") : backend;
  if (precision !== "auto") return { backend: place, precision };
  return { backend: place, precision: place === "webgpu" && device.features.has("shader-f16") ? "f16" : "f32" };
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
  source: TensorSource,
  options: EncoderPlace & {
    readonly maxBatch: number;
    readonly signal?: AbortSignal;
    readonly onTensor?: (bytes: number) => void;
    readonly segmentBytes?: number;
  },
): Promise<Encoder> {
  const { backend, precision } = placeEncoder(gpu, options);
  const config = seeing(modelConfig);
  checkSupported(config);
  const maxBatch = backend === "webgpu" ? fittingBatch(gpu, config, precision, options.maxBatch) : options.maxBatch;
  const { segmentBytes = defaultBytes } = options;
  const segments = planSegments(config, segmentBytes);
  const tensors = createTensors(gpu, config, segments, maxBatch);
  const create = backend === "webgpu" ? createGpuEncoder : createCpuEncoder;
  try {
    const plan = { segments, precision, sessionBytes: segmentBytes, names };
    const core = await create(gpu, config, createWeightReader(source, options), tensors, plan);
    if (options.signal?.aborted) await core.destroy();
    options.signal?.throwIfAborted();
    return assemble(config, tensors, core, { backend, precision, maxBatch });
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.destroy();
    throw options.signal?.aborted ? new AuroraError("Aborted", "Stopped.", error) : error;
  }
}

/** Where a batch is put. */
function createTensors(gpu: Gpu, config: SeeingConfig, segments: readonly Segment[], maxBatch: number): EncoderTensors {
  const { vision, merge, text } = config;
  const tokens = (segments.at(-1)?.tokens ?? 0) - Number(merge.dropFirst);
  const patches = patchCount(vision);
  const owners = firstOwners(maxBatch, patches, merge.dropFirst);
  return {
    merged: createTensor(gpu, "vision.merged", [maxBatch, tokens, vision.hiddenSize], "f32"),
    visual: createTensor(gpu, "vision.visual", [maxBatch * tokens, rowStride(text.hiddenSize)], "f32"),
    sizes: createTensor(gpu, "vision.sizes", [maxBatch, tokens], "f32", new Float32Array(maxBatch * tokens).fill(1)),
    owners: createTensor(gpu, "vision.owners", [maxBatch, patches], "u32", owners),
  };
}

function assemble(
  { vision }: SeeingConfig,
  tensors: EncoderTensors,
  core: EncoderCore,
  about: Pick<Encoder, "backend" | "precision" | "maxBatch">,
): Encoder {
  const { maxBatch } = about;
  const tokens = tensors.merged.shape[1] ?? 0;
  let running: Promise<unknown> | null = null;
  return {
    ...about,
    tokensPerFrame: tokens,
    patches: patchCount(vision),
    async encode(pixels, frames) {
      assert(!running, "the encoder is busy");
      assert(frames >= 1 && frames <= maxBatch, `${frames} frames, at most ${maxBatch}`);
      const result = core.run(pixels, frames);
      running = result.catch(() => undefined);
      try {
        await result;
        return { frames, tokens, ...tensors };
      } finally {
        running = null;
      }
    },
    async destroy() {
      await running;
      for (const tensor of Object.values(tensors)) tensor.destroy();
      await core.destroy();
    },
  };
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

/** Owners as they are when nothing merges: patch n is token n, or n − 1 without token 0. */
function firstOwners(maxBatch: number, patches: number, dropFirst: boolean): Uint32Array {
  return Uint32Array.from({ length: maxBatch * patches }, (_, i) => {
    const token = i % patches;
    if (!dropFirst) return token;
    return token === 0 ? 0xffff : token - 1;
  });
}
