import type { Gpu } from "../../../src/gpu/device.ts";
import { createTensor, readBuffer, readFloats, readWords, type Tensor } from "../../../src/gpu/tensor.ts";
import type { SeeingConfig } from "../../../src/model/config.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import type { FloatType } from "../../../src/onnx/onnx-graph.ts";
import type { EncoderBackend, EncoderPrecision } from "../../../src/session/types.ts";
import { createEncoder } from "../../../src/vision/encoder.ts";
import { type Figure, median, randomFloats, timed } from "./measure.ts";
import { randomEncoder, whereOf } from "./merging.ts";
import { multiplyAdds, withoutMerging } from "./multiply-adds.ts";

/** Timed encodings of each encoder: a processor takes ten seconds for one. */
const rounds = { wasm: 2, webgpu: 9 } as const;

/** SigLIP-L for 384 pixels with AuroraLong's merging at a tenth of the tokens. */
export function siglipLarge(config: SeeingConfig) {
  const sizes = { imageSize: 384, patchSize: 16, hiddenSize: 1024, intermediateSize: 4096, numAttentionHeads: 16 };
  return randomEncoder(config, { ...sizes, numHiddenLayers: 24 }, Array(24).fill(21), 1);
}

/** What one encoder did. */
type Run = {
  readonly milliseconds: number;
  /** GPU buffers of the encoder when it had encoded. */
  readonly bytes: number;
  readonly visual: Float32Array;
  readonly owners: Uint32Array;
  readonly where: string;
  readonly precision: FloatType;
  readonly backend: "webgpu" | "wasm";
};

type Case = {
  readonly config: SeeingConfig;
  readonly tensors: TensorSource;
  readonly backend: EncoderBackend;
  readonly precision: EncoderPrecision;
};

/**
 * What the encoder of AuroraLong 2B takes, at its true size and with random weights: a frame's time with its merging against without, and
 * the GPU memory that it holds. In f16, where it computes in that, and then in f32 beside it. One encoder at a time: two would not fit
 * into onnxruntime's memory.
 */
export async function benchSiglipLarge(
  gpu: Gpu,
  base: SeeingConfig,
  backend: EncoderBackend,
  precision: EncoderPrecision,
): Promise<Figure[]> {
  const { config, tensors } = siglipLarge(base);
  const { imageSize } = config.vision;
  const shape = [1, 3, imageSize, imageSize];
  const pixels = createTensor(gpu, "bench.pixels", shape, "f32", randomFloats(3 * imageSize ** 2, 1, 1));
  const each = async (how: EncoderPrecision) => ({
    merged: await run(gpu, pixels, { config, tensors, backend, precision: how }),
    whole: await run(gpu, pixels, { config: withoutMerging(config), tensors, backend, precision: how }),
  });
  try {
    const first = await each(precision);
    const flops = multiplyAdds(withoutMerging(config)) / multiplyAdds(config);
    const figures = [
      ...describe(first, ""),
      figure("merge-flop-ratio-siglip-l", flops, "×", "the same in multiply-adds, counted"),
    ];
    if (first.merged.backend === "wasm") figures.push(await countLoaded(gpu, config, tensors));
    if (first.merged.precision === "f32") return figures;
    const full = await each("f32");
    return [...figures, ...describe(full, "-f32"), ...compare(first, full)];
  } finally {
    pixels.destroy();
  }
}

async function run(gpu: Gpu, pixels: Tensor, { config, tensors, backend, precision }: Case): Promise<Run> {
  const before = gpu.ledger.bytes;
  const encoder = await createEncoder(gpu, config, tensors, { backend, precision, maxBatch: 1 });
  const encode = async () => {
    const encoded = await encoder.encode(pixels, 1);
    await readBuffer(gpu, encoded.visual.buffer, 16);
    return encoded;
  };
  const { visual, owners } = await encode();
  const bytes = gpu.ledger.bytes - before;
  const taken: number[] = [];
  for (let round = 0; round < rounds[encoder.backend]; round++) taken.push(await timed(encode));
  const result = {
    milliseconds: median(taken),
    bytes,
    visual: await readFloats(gpu, visual),
    owners: await readWords(gpu, owners),
    where: whereOf(encoder),
    precision: encoder.precision,
    backend: encoder.backend,
  };
  await encoder.destroy();
  return result;
}

/** Where no GPU computes: the bytes of an encoder that was loaded for one, and did not run. */
async function countLoaded(gpu: Gpu, config: SeeingConfig, tensors: TensorSource): Promise<Figure> {
  const before = gpu.ledger.bytes;
  const encoder = await createEncoder(gpu, config, tensors, { backend: "webgpu", precision: "f16", maxBatch: 1 });
  const bytes = gpu.ledger.bytes - before;
  await encoder.destroy();
  return figure("gpu-bytes-siglip-l", bytes, "B", "GPU buffers of the same encoder on webgpu in f16, loaded, counted");
}

function describe({ merged, whole }: { readonly merged: Run; readonly whole: Run }, suffix: string): Figure[] {
  const { where, backend } = merged;
  const about = `SigLIP-L with random weights, 576 tokens, 24 layers, r = 21, a frame at once, ${where}`;
  const figures = [
    figure(
      `merge-speedup-siglip-l${suffix}`,
      whole.milliseconds / merged.milliseconds,
      "×",
      `time without over with merging, medians of ${rounds[backend]}; ${about}`,
    ),
    figure(`encode-ms-siglip-l${suffix}`, merged.milliseconds, "ms", `a frame, with merging; ${about}`),
  ];
  if (backend === "wasm") return figures;
  const bytes = figure(
    `gpu-bytes-siglip-l${suffix}`,
    merged.bytes,
    "B",
    `GPU buffers after a frame, onnxruntime's included, counted; ${about}`,
  );
  return [...figures, bytes];
}

/** How far f16 is from f32, and how much faster. */
function compare(half: { readonly merged: Run; readonly whole: Run }, full: typeof half): Figure[] {
  const far = half.whole.visual.map((value, i) => Math.abs(value - (full.whole.visual[i] ?? 0)));
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const same = half.merged.owners.filter((owner, i) => owner === full.merged.owners[i]).length;
  return [
    figure(
      "encode-f16-speedup-siglip-l",
      full.merged.milliseconds / half.merged.milliseconds,
      "×",
      "time in f32 over that in f16, with merging",
    ),
    figure(
      "encode-f16-error-siglip-l",
      largest(far) / largest(full.whole.visual),
      "",
      "largest difference of a visual token's number from f32's, over the largest number; without merging",
    ),
    figure(
      "encode-f16-same-owners-siglip-l",
      same / half.merged.owners.length,
      "",
      "share of the patches that go into the same token as in f32, over all 24 merges",
    ),
  ];
}

function figure(id: string, value: number, unit: string, note: string): Figure {
  return { id, value, unit, note };
}
