import { runDispatches } from "../../gpu/record.ts";
import { createTensor, type Tensor } from "../../gpu/tensor.ts";
import { createUniform, writeUniform } from "../../gpu/uniform.ts";
import { packHalf } from "../../kernels/pack-half.ts";
import { rowStride } from "../../kernels/row-stride.ts";
import { type ModelConfig, seeing } from "../../model/config.ts";
import type { WatchedFrame } from "../../video/frame-source.ts";
import { openVideo } from "../../video/open-video.ts";
import type { Encoder } from "../../vision/encoder.ts";
import { createPreprocessor } from "../../vision/preprocess.ts";
import type { Engine } from "../engine.ts";

/** Visual tokens of all pictures, as a session keeps them. */
export type ShownPictures = {
  /** [pictures · tokens, rowStride(C)] f16 */
  readonly table: Tensor;
  /** Tokens of each picture. */
  readonly tokens: number;
  destroy(): void;
};

/** A picture that was decoded. */
export type Still = Pick<WatchedFrame, "frame" | "rotation" | "mirrored">;

/** Decodes pictures; the caller closes their frames. */
export async function openStills(pictures: readonly Blob[]): Promise<Still[]> {
  const stills: Still[] = [];
  for (const picture of pictures) {
    const video = await openVideo(picture);
    try {
      for await (const still of video.frames({ frames: 1 }, {})) stills.push(still);
    } catch (error) {
      for (const { frame } of stills) frame.close();
      throw error;
    } finally {
      video.close();
    }
  }
  return stills;
}

/**
 * Encodes pictures in one way.
 *
 * @param config says how pictures become pixels
 * @param encoder the engine's, whose turn it waits for, or another
 */
export async function showPictures(
  engine: Engine,
  config: ModelConfig,
  encoder: Encoder,
  pictures: readonly Still[],
): Promise<ShownPictures> {
  const { gpu } = engine;
  const { maxBatch, tokensPerFrame: tokens } = encoder;
  const stride = rowStride(config.text.hiddenSize);
  const preprocessor = createPreprocessor(gpu, seeing(config).vision, maxBatch);
  const table = createTensor(gpu, "probe.visual", [pictures.length * tokens, stride], "f16");
  const batch = createTensor(gpu, "probe.batch", [maxBatch * tokens, stride], "f16");
  const count = createUniform(gpu, "probe.pack-count", [0]);
  try {
    for (let first = 0; first < pictures.length; first += maxBatch) {
      const some = pictures.slice(first, first + maxBatch);
      for (const [slot, { frame, rotation, mirrored }] of some.entries())
        await preprocessor.load(frame, rotation, slot, mirrored);
      await engine.encoding.run(async () => {
        const { visual } = await encoder.encode(preprocessor.pixels, some.length);
        writeUniform(gpu, count, [(some.length * tokens * stride) / 2]);
        runDispatches(gpu, [packHalf(gpu, { values: visual, packed: batch, count })]);
        const commands = gpu.device.createCommandEncoder({ label: "probe.copy" });
        const frameBytes = tokens * stride * 2;
        commands.copyBufferToBuffer(batch.buffer, 0, table.buffer, first * frameBytes, some.length * frameBytes);
        gpu.device.queue.submit([commands.finish()]);
      });
    }
  } catch (error) {
    table.destroy();
    throw error;
  } finally {
    preprocessor.destroy();
    batch.destroy();
    count.destroy();
  }
  return { table, tokens, destroy: () => table.destroy() };
}
