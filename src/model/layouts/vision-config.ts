import { Fields, isRecord } from "../fields.ts";
import { unsupported } from "./part.ts";
import { describePreprocessing } from "./preprocessing.ts";
import type { Vision } from "./vision.ts";

/** Parsed JSON files that may describe a picture encoder, the most special first. */
export type VisionFiles = {
  /** `config.json`. */
  readonly config: unknown;
  /** `preprocessor_config.json`. */
  readonly preprocessor: unknown;
  /** Whether pictures are padded to squares first. */
  readonly pads: boolean;
};

/** What a family of models does where nothing is written down. */
export type VisionDefaults = {
  readonly selectLayer: number;
  readonly postLayernorm: boolean;
  /** Of the norms inside the blocks, where the family has its own. */
  readonly blockNormEps?: number;
  /** What stands for a `preprocessor_config.json`. */
  readonly processor: Readonly<Record<string, unknown>>;
  /** The same in words. */
  readonly processorNotice: string;
};

/**
 * `vision_config` of our `config.json`: sizes from shapes; heads, activation and preprocessing from the encoder's own JSON
 * files where it has them, else as in Google's releases of SigLIP.
 *
 * @param onNotice is told what had to be assumed
 * @throws AuroraError `ModelCorrupt` naming a field, `ModelUnsupported`
 */
export function describeVision(
  vision: Vision,
  files: VisionFiles,
  defaults: VisionDefaults,
  onNotice: (notice: string) => void,
): Record<string, unknown> {
  const fields = new Fields("config.json", "", siglipPart(files.config) ?? {});
  const isWritten = isRecord(files.preprocessor);
  if (!isWritten) onNotice(`It is not written down how pictures become its input: ${defaults.processorNotice}.`);
  const encoder = { imageSize: imageSize(vision, fields), patchSize: vision.patchSize, pads: files.pads };
  const preprocessing = describePreprocessing(isWritten ? files.preprocessor : defaults.processor, encoder);
  return {
    model_type: "siglip_vision_model",
    patch_size: vision.patchSize,
    hidden_size: vision.width,
    intermediate_size: vision.hidden,
    num_hidden_layers: vision.layers,
    num_attention_heads: fields.count("num_attention_heads", {}, usualHeads(vision.width)),
    hidden_act: fields.text("hidden_act", "gelu_pytorch_tanh"),
    layer_norm_eps: fields.positive("layer_norm_eps", 1e-6),
    ...(defaults.blockNormEps !== undefined && { block_norm_eps: defaults.blockNormEps }),
    select_layer: defaults.selectLayer,
    post_layernorm: defaults.postLayernorm,
    ...preprocessing,
  };
}

/** The part of a `config.json` that describes a SigLIP encoder; null where it describes something else. */
function siglipPart(config: unknown): Record<string, unknown> | null {
  if (!isRecord(config) || typeof config.model_type !== "string" || !/siglip/i.test(config.model_type)) return null;
  return isRecord(config.vision_config) ? config.vision_config : config;
}

/** The side of the picture: as the file says, else as many pixels as the patches cover. */
function imageSize({ patches, patchSize }: Vision, fields: Fields): number {
  const side = Math.round(Math.sqrt(patches));
  if (side * side !== patches || side === 0)
    throw unsupported(`divides pictures into ${patches} patches, not a square`);
  const size = fields.count("image_size", {}, side * patchSize);
  if (Math.floor(size / patchSize) !== side) throw fields.corrupt("image_size", `one of ${side} × ${side} patches`);
  return size;
}

/** As in Google's releases: heads of 64, but 16 heads in the one of 1152 (so400m). */
function usualHeads(width: number): number {
  if (width === 1152) return 16;
  return Math.max(1, Math.floor(width / 64));
}
