import { AuroraError } from "../../errors.ts";
import { openSide } from "../../library/side-models.ts";
import type { LoadProgress, ModelChoice } from "../../library/types.ts";
import { usedLayers } from "../../model/config.ts";
import { toFloat32 } from "../../model/half.ts";
import type { TensorSource } from "../../model/tensors.ts";
import { createPictureTower, createPoolingHead } from "../../search/picture-tower.ts";
import { openSiglip, type Siglip } from "../../search/siglip.ts";
import { createTextTower, type TextTower } from "../../search/text-tower.ts";
import { createPreprocessor } from "../../vision/preprocess.ts";
import type { Engine } from "../engine.ts";
import { createMutex } from "../flow.ts";
import type { SearchModelInfo } from "../types.ts";
import type { SearchModel } from "./search-slot.ts";

type OpenSearchOptions = { readonly signal: AbortSignal; readonly onProgress: (progress: LoadProgress) => void };

/** Frames that its tower takes at once: its working memory is some 20 MiB for each. */
const most = 4;

/**
 * Brings a SigLIP into the store where it is not there yet, and loads its tower for pictures. That for texts is loaded when the
 * first one is looked for.
 *
 * @throws AuroraError as `openSide` and `openSiglip`, and `OutOfMemory`
 */
export async function openSearchModel(
  engine: Engine,
  choice: ModelChoice,
  { signal, onProgress }: OpenSearchOptions,
): Promise<SearchModel> {
  const side = await openSide("search", choice, { signal, onProgress });
  try {
    onProgress({ stage: "prepare", loadedBytes: 0, totalBytes: null });
    const siglip = await openSiglip(side.files);
    signal.throwIfAborted();
    const { name, license, storedKey, notices } = side;
    const pictures = (await sharesEncoder(engine, siglip))
      ? await openHead(engine, siglip, signal)
      : await openTower(engine, siglip, signal);
    const { width, scale, bias } = siglip;
    const info = { name, license, storedKey, notices, width, scale, bias, ownPass: pictures.ownPass };
    return assemble(engine, siglip, info, pictures, side.release);
  } catch (error) {
    side.release();
    throw signal.aborted ? new AuroraError("Aborted", "Stopped.", error) : error;
  }
}

type Pictures = Pick<SearchModel, "createSeer" | "pool" | "destroy"> & { readonly ownPass: boolean };

function assemble(
  engine: Engine,
  siglip: Siglip,
  info: SearchModelInfo,
  pictures: Pictures,
  release: () => void,
): SearchModel {
  let texts: Promise<TextTower> | null = null;
  const turns = createMutex();
  return {
    ...pictures,
    info,
    embedText: (text) =>
      turns.run(async () => {
        texts ??= createTextTower(engine.gpu, siglip, engine.encoder.backend);
        try {
          return await (await texts).encode(text);
        } catch (error) {
          texts = null; // it may have been loaded too early, or too late
          throw error;
        }
      }),
    async destroy() {
      await turns.run(async () => (await texts?.catch(() => null))?.destroy());
      await pictures.destroy();
      release();
    },
  };
}

async function openTower({ gpu, encoder }: Engine, siglip: Siglip, signal: AbortSignal): Promise<Pictures> {
  const { backend, maxBatch } = encoder;
  const tower = await createPictureTower(gpu, siglip, { backend, maxBatch: most, signal });
  const turns = createMutex();
  let destroyed = false;
  return {
    ownPass: true,
    createSeer() {
      // As many slots as the memory's batch has, gone through a few at a time.
      const batches = Array.from({ length: Math.ceil(maxBatch / most) }, () =>
        createPreprocessor(gpu, siglip.vision, most),
      );
      return {
        load: (frame, rotation, slot, mirrored) =>
          batches[Math.floor(slot / most)]?.load(frame, rotation, slot % most, mirrored) ?? Promise.resolve(),
        encode: (count) =>
          turns.run(async () => {
            if (destroyed) throw new AuroraError("Aborted", "The search model was closed.");
            const vectors = new Float32Array(count * siglip.width);
            for (const [i, { pixels }] of batches.entries()) {
              const rest = Math.min(most, count - i * most);
              if (rest > 0) vectors.set(await tower.encode(pixels, rest), i * most * siglip.width);
            }
            return vectors;
          }),
        destroy() {
          for (const each of batches) each.destroy();
        },
      };
    },
    pool: () => Promise.reject(new AuroraError("Unexpected", "This search model has a pass of its own.")),
    async destroy() {
      destroyed = true;
      await turns.run(() => tower.destroy());
    },
  };
}

async function openHead({ gpu, encoder }: Engine, siglip: Siglip, signal: AbortSignal): Promise<Pictures> {
  const { backend, maxBatch, tokensPerFrame: patches } = encoder;
  const head = await createPoolingHead(gpu, siglip, { backend, maxBatch, patches, signal });
  const turns = createMutex();
  return {
    ownPass: false,
    createSeer: () => null,
    pool: ({ merged, frames }) => turns.run(() => head.pool(merged, frames)),
    destroy: () => turns.run(head.destroy),
  };
}

/** Tensors by which two encoders are told to be the same, frozen one: those at both ends and one between. */
const telling = [
  "vision_model.embeddings.patch_embedding.bias",
  "vision_model.encoder.layers.0.mlp.fc1.bias",
  "vision_model.post_layernorm.weight",
  "vision_model.post_layernorm.bias",
];

/** Whether the assistant's encoder is the search model's, untrained since, and hands out all patches after its last norm. */
async function sharesEncoder({ config, source, encoder }: Engine, { vision, tensors }: Siglip): Promise<boolean> {
  const own = config.vision;
  if (!own) return false;
  const whole =
    usedLayers(own) === own.numHiddenLayers && own.postLayernorm && encoder.tokensPerFrame === encoder.patches;
  const alike = own.hiddenSize === vision.hiddenSize && own.numHiddenLayers === vision.numHiddenLayers;
  if (!whole || !alike) return false;
  for (const name of telling) if (!(await sameTensor(source.tensors, tensors, name))) return false;
  return true;
}

/** Equal up to what bf16 rounds away. */
async function sameTensor(one: TensorSource, other: TensorSource, name: string): Promise<boolean> {
  if (!one.info(name) || !other.info(name)) return false;
  const [a, b] = [toFloat32(await one.read(name)), toFloat32(await other.read(name))];
  return (
    a.length === b.length && a.every((value, i) => Math.abs(value - (b[i] ?? 0)) <= 2 ** -8 * Math.abs(value) + 1e-6)
  );
}
