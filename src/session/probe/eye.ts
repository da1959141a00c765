import { gpuBudget, readGpuLimits } from "../../library/gpu-budget.ts";
import type { ModelConfig } from "../../model/config.ts";
import { createEncoder, type Encoder } from "../../vision/encoder.ts";
import type { Engine } from "../engine.ts";
import type { Setting } from "./settings.ts";
import { type ShownPictures, type Still, showPictures } from "./show-pictures.ts";

/** Encoded pictures, by their places in the set: each with the row of `shown` that it has. */
export type Seen = { readonly shown: ShownPictures; readonly rowOf: ReadonlyMap<number, number> };

/** Sees pictures in one way. What it has seen stays until it is destroyed. */
export type Eye = {
  /** Pictures that were encoded. */
  readonly frames: number;
  see(pictures: readonly number[]): Promise<Seen>;
  destroy(): Promise<void>;
};

/**
 * Opens an eye.
 *
 * @param encoder the engine's own, which is left as it is, or another, which goes with the eye
 */
export function createEye(engine: Engine, config: ModelConfig, stills: readonly Still[], encoder?: Encoder): Eye {
  const all: ShownPictures[] = [];
  let frames = 0;
  return {
    get frames() {
      return frames;
    },
    async see(pictures) {
      const wanted = pictures.map((picture) => stills[picture] as Still);
      const shown = await showPictures(engine, config, encoder ?? engine.encoder, wanted);
      all.push(shown);
      frames += pictures.length;
      return { shown, rowOf: new Map(pictures.map((picture, row) => [picture, row])) };
    },
    async destroy() {
      for (const shown of all) shown.destroy();
      await encoder?.destroy();
    },
  };
}

/** An eye for a setting of the pixels or the encoder; null where the GPU has no room for an encoder beside the model's own. */
export async function openEye(
  engine: Engine,
  { part }: Pick<Setting, "part">,
  config: ModelConfig,
  stills: readonly Still[],
  signal: AbortSignal | undefined,
): Promise<Eye | null> {
  if (part === "pixels") return createEye(engine, config, stills);
  const { gpu, source } = engine;
  const missing = gpu.ledger.bytes + encoderBytes(engine) - gpuBudget(readGpuLimits(gpu.device, gpu.adapter));
  if (missing > 0) return null;
  const { backend, precision, maxBatch } = engine.encoder;
  const options = { backend, precision, maxBatch, ...(signal ? { signal } : {}) };
  return createEye(engine, config, stills, await createEncoder(gpu, config, source.tensors, options));
}

/** GPU memory of an encoder's weights. */
function encoderBytes({ encoder, source: { tensors } }: Engine): number {
  const bytes = encoder.precision === "f16" ? 2 : 4;
  return tensors.names
    .filter((name) => name.startsWith("vision_model.") || name.startsWith("connector."))
    .reduce((sum, name) => sum + bytes * (tensors.info(name)?.shape ?? []).reduce((a, b) => a * b, 1), 0);
}
