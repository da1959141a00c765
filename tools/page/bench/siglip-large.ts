import type { Gpu } from "../../../src/gpu/device.ts";
import { createTensor, readBuffer } from "../../../src/gpu/tensor.ts";
import type { ModelConfig } from "../../../src/model/config.ts";
import type { EncoderBackend } from "../../../src/session/types.ts";
import { createEncoder } from "../../../src/vision/encoder.ts";
import { type Figure, median, randomFloats, timed } from "./measure.ts";
import { randomEncoder } from "./merging.ts";
import { multiplyAdds, withoutMerging } from "./multiply-adds.ts";

const rounds = 2;

/** SigLIP-L for 384 pixels with AuroraLong's merging at a tenth of the tokens. */
function large(config: ModelConfig) {
  const sizes = { imageSize: 384, patchSize: 16, hiddenSize: 1024, intermediateSize: 4096, numAttentionHeads: 16 };
  return randomEncoder(config, { ...sizes, numHiddenLayers: 24 }, Array(24).fill(21), 1);
}

/**
 * What the encoder of AuroraLong 2B takes, at its true size and with random weights: a frame's time with its merging against without, and
 * the GPU memory that it holds where it computes there. One encoder at a time: two would not fit into onnxruntime's memory.
 */
export async function benchSiglipLarge(gpu: Gpu, base: ModelConfig, backend: EncoderBackend): Promise<Figure[]> {
  const { config, tensors } = large(base);
  const unmerged = withoutMerging(config);
  const { imageSize } = config.vision;
  const shape = [1, 3, imageSize, imageSize];
  const pixels = createTensor(gpu, "bench.pixels", shape, "f32", randomFloats(3 * imageSize ** 2, 1, 1));
  const times: number[] = [];
  let where = "";
  for (const each of [config, unmerged]) {
    const encoder = await createEncoder(gpu, each, tensors, { backend, maxBatch: 1 });
    const encode = async () => {
      const { visual } = await encoder.encode(pixels, 1);
      await readBuffer(gpu, visual.buffer, 16);
    };
    await encode();
    const taken: number[] = [];
    for (let round = 0; round < rounds; round++) taken.push(await timed(encode));
    times.push(median(taken));
    where = encoder.backend;
    await encoder.destroy();
  }
  const before = gpu.ledger.bytes;
  const encoder = await createEncoder(gpu, config, tensors, { backend: "webgpu", maxBatch: 1 });
  const bytes = gpu.ledger.bytes - before;
  await encoder.destroy();
  pixels.destroy();
  const [merged = Number.NaN, whole = Number.NaN] = times;
  const about = `SigLIP-L with random weights, 576 tokens, 24 layers, r = 21, a frame at once, on ${where}`;
  const figure = (id: string, value: number, unit: string, note: string) => ({ id, value, unit, note });
  return [
    figure(
      "merge-speedup-siglip-l",
      whole / merged,
      "×",
      `time without over with merging, medians of ${rounds}; ${about}`,
    ),
    figure(
      "merge-flop-ratio-siglip-l",
      multiplyAdds(unmerged) / multiplyAdds(config),
      "×",
      "the same in multiply-adds, counted",
    ),
    figure("encode-ms-siglip-l", merged, "ms", `a frame, with merging; ${about}`),
    figure(
      "gpu-bytes-siglip-l",
      bytes,
      "B",
      "GPU buffers of the same encoder on onnxruntime's WebGPU backend, loaded, counted",
    ),
  ];
}
