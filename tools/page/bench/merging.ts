import type { Gpu } from "../../../src/gpu/device.ts";
import { createTensor, readBuffer } from "../../../src/gpu/tensor.ts";
import type { SeeingConfig, VisionConfig } from "../../../src/model/config.ts";
import { float32ToHalf } from "../../../src/model/half.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import type { EncoderBackend, EncoderPrecision } from "../../../src/session/types.ts";
import { createEncoder, type Encoder } from "../../../src/vision/encoder.ts";
import { patchCount } from "../../../src/vision/segments.ts";
import { type Figure, interleave, median, randomFloats, timeRatio } from "./measure.ts";
import { multiplyAdds, withoutMerging } from "./multiply-adds.ts";

const rounds = 7;

/** What is encoded: a model's encoder, whose figures' ids end in `suffix`. */
export type EncoderCase = {
  readonly config: SeeingConfig;
  readonly tensors: TensorSource;
  readonly backend: EncoderBackend;
  readonly precision: EncoderPrecision;
  readonly suffix: string;
  readonly about: string;
};

/** Times an encoder with its merging against the same weights without, in turn. */
export async function benchMerging(
  gpu: Gpu,
  { config, tensors, backend, precision, suffix, about }: EncoderCase,
): Promise<Figure[]> {
  const { imageSize } = config.vision;
  const maxBatch = config.sampling.maxBatch;
  const shape = [maxBatch, 3, imageSize, imageSize];
  const unmerged = withoutMerging(config);
  const pixels = createTensor(gpu, "bench.pixels", shape, "f32", randomFloats(maxBatch * 3 * imageSize ** 2, 1, 1));
  const encoders = [
    await createEncoder(gpu, config, tensors, { backend, precision, maxBatch }),
    await createEncoder(gpu, unmerged, tensors, { backend, precision, maxBatch }),
  ];
  const [merged, whole] = await interleave(
    rounds,
    encoders.map((encoder) => async () => {
      const { visual } = await encoder.encode(pixels, maxBatch);
      await readBuffer(gpu, visual.buffer, 16);
    }),
  );
  const where = `${about}, ${whereOf(encoders[0])}, ${maxBatch} frames at once`;
  const tokens = `${encoders[1]?.tokensPerFrame} → ${encoders[0]?.tokensPerFrame} tokens`;
  for (const encoder of encoders) await encoder.destroy();
  pixels.destroy();
  const flops = multiplyAdds(unmerged) / multiplyAdds(config);
  const each = `median of ${rounds}`;
  return [
    figure(
      `merge-speedup${suffix}`,
      timeRatio(whole, merged),
      "×",
      `time without over with merging, ${tokens}; ${where}`,
    ),
    figure(
      `merge-flop-ratio${suffix}`,
      flops,
      "×",
      `multiply-adds of the ViT without over with merging, counted; ${about}`,
    ),
    figure(`encode-ms${suffix}`, median(merged ?? []) / maxBatch, "ms", `a frame, with merging, ${each}; ${where}`),
    figure(`encode-unmerged-ms${suffix}`, median(whole ?? []) / maxBatch, "ms", `a frame, without, ${each}; ${where}`),
  ];
}

/** Where an encoder computes, and in what. */
export function whereOf(encoder: Pick<Encoder, "backend" | "precision"> | undefined): string {
  return `on ${encoder?.backend} in ${encoder?.precision}`;
}

function figure(id: string, value: number, unit: string, note: string): Figure {
  return { id, value, unit, note };
}

/** An encoder of a size at which the products, not the calls, take the time: SigLIP-B's 196 tokens, narrower and shallower. */
export function syntheticEncoder(config: SeeingConfig): Pick<EncoderCase, "config" | "tensors"> {
  const sizes = { imageSize: 224, patchSize: 16, hiddenSize: 384, intermediateSize: 1536, numAttentionHeads: 6 };
  const r = [22, 22, 22, 22, 22, 22, 22, 21]; // keeps a tenth, as AuroraLong does
  return randomEncoder(config, { ...sizes, numHiddenLayers: 8 }, r, 4);
}

/** An encoder with random weights that is like a model's but for its sizes, its merging, and the frames that it encodes at once. */
export function randomEncoder(
  config: SeeingConfig,
  sizes: Partial<VisionConfig>,
  r: readonly number[],
  maxBatch: number,
): Pick<EncoderCase, "config" | "tensors"> {
  const vision: VisionConfig = { ...config.vision, ...sizes, selectLayer: -1, postLayernorm: false };
  const merge = { ...config.merge, r, protectFirst: false, dropFirst: false };
  const larger = { ...config, vision, merge, sampling: { ...config.sampling, maxBatch } };
  return { config: larger, tensors: randomTensors(larger) };
}

/** Layers whose random weights differ; those after them have the same again, since drawing takes longer than computing. */
const differentLayers = 4;

/** Random weights for a SigLIP and its connector, in f16 as stored. */
function randomTensors(config: SeeingConfig): TensorSource {
  const shape = (name: string) => tensorShape(config, name);
  const drawn = new Map<string, Uint16Array>();
  const draw = (name: string) => {
    const sizes = shape(name);
    const length = sizes.reduce((product, size) => product * size, 1);
    const scale = sizes.length > 1 ? Math.sqrt((3 * (sizes[0] ?? 1)) / length) : 0.5;
    const seed = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 0);
    const data = float32ToHalf(randomFloats(length, seed, scale));
    drawn.set(name, data);
    return data;
  };
  return {
    names: [],
    info: (name) => ({ shape: shape(name), dtype: "F16" }),
    async read(name) {
      const alike = name.replace(/(?<=layers\.)\d+/, (layer) => String(Number(layer) % differentLayers));
      const data = drawn.get(alike) ?? draw(alike);
      return { shape: shape(name), dtype: "F16", bytes: new Uint8Array(data.buffer) };
    },
  };
}

/** Shape of a tensor by its name in Hugging Face's SigLIP. */
function tensorShape({ vision, text }: SeeingConfig, name: string): readonly number[] {
  const { hiddenSize: width, intermediateSize: inner, patchSize } = vision;
  const [from, to] = name.startsWith("connector.")
    ? [name.startsWith("connector.0") ? width : text.hiddenSize, text.hiddenSize]
    : name.includes("fc1")
      ? [width, inner]
      : name.includes("fc2")
        ? [inner, width]
        : [width, width];
  if (name.endsWith("bias") || name.includes("layer_norm")) return [to];
  if (name.includes("patch_embedding")) return [width, 3, patchSize, patchSize];
  return name.includes("position_embedding") ? [patchCount(vision), width] : [to, from];
}
