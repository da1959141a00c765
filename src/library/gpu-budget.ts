import type { AdapterDescription } from "../gpu/device.ts";
import type { ModelConfig, Quantization } from "../model/config.ts";
import type { TensorSource } from "../model/tensors.ts";

/** What is known of an adapter's memory, which WebGPU does not tell. */
export type GpuLimits = {
  /** Longest buffer, in bytes. */
  readonly maxBufferSize: number;
  /** True where the CPU computes, in its own memory. */
  readonly software: boolean;
  /** Whether it computes in f16, and so holds the encoder in it. */
  readonly half: boolean;
  /** The machine's memory in GiB, at most 8 by the browsers' rule; null where they do not tell. */
  readonly deviceMemory: number | null;
};

/** Limits of an adapter that was found. */
export function readGpuLimits(
  { limits, features }: Pick<GPUAdapter, "limits" | "features">,
  { software }: AdapterDescription,
): GpuLimits {
  const { deviceMemory = null } = navigator as { deviceMemory?: number };
  return { maxBufferSize: limits.maxBufferSize, software, half: !software && features.has("shader-f16"), deviceMemory };
}

/**
 * Bytes that a model may take on an adapter. Drivers let one buffer have a quarter to a half of the memory, and browsers round
 * that down, so two longest buffers' worth is likely to be there; a software adapter, or a machine of little memory, has half
 * of that memory at most.
 */
export function gpuBudget({ maxBufferSize, software, deviceMemory }: GpuLimits): number {
  const memory = deviceMemory === null ? Number.POSITIVE_INFINITY : deviceMemory * 2 ** 30;
  if (software) return Math.min(maxBufferSize, memory / 2);
  return Math.min(2 * maxBufferSize, deviceMemory !== null && deviceMemory < 8 ? memory / 2 : Number.POSITIVE_INFINITY);
}

/**
 * Estimate of the GPU memory that a loaded model takes.
 *
 * @param tensors those of the checkpoint
 * @param storedBytes what its tensors take in the form that is asked about
 */
export function estimateGpuBytes(
  config: ModelConfig,
  tensors: TensorSource,
  storedBytes: number,
  { half }: Pick<GpuLimits, "half">,
): number {
  // The encoder widens its weights, stored as f16, to f32, unless it computes in f16.
  const vision = tensors.names.filter((name) => /^(vision_model|connector)\./.test(name));
  const widened = (half ? [] : vision).reduce(
    (sum, name) => sum + 2 * (tensors.info(name)?.shape ?? [0]).reduce((a, b) => a * b, 1),
    0,
  );
  const { hiddenSize, headSize, numHiddenLayers, vocabSize, intermediateSize: inner } = config.text;
  const state = 4 * numHiddenLayers * hiddenSize * (headSize + 2);
  const chunk = 4 * 256 * (16 * hiddenSize + 2 * inner) + 4 * 8 * vocabSize;
  return storedBytes + widened + frameBytes(config.vision) * config.sampling.maxBatch + 6 * state + chunk;
}

/** Working memory of the encoder for one frame. */
function frameBytes(vision: ModelConfig["vision"]): number {
  if (!vision) return 0;
  const { numAttentionHeads, intermediateSize, imageSize, patchSize } = vision;
  const tokens = Math.floor(imageSize / patchSize) ** 2;
  return 4 * (2 * numAttentionHeads * tokens * tokens + 2 * tokens * intermediateSize);
}

/** Forms of the weights from the most exact to the smallest. */
export const quantizations: readonly Quantization[] = ["f16", "int8", "int4"];

/** The next smaller form, or null. */
export function smallerForm(quantization: Quantization): Quantization | null {
  return quantizations[quantizations.indexOf(quantization) + 1] ?? null;
}
