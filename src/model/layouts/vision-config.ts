import { Fields, isRecord } from "../fields.ts";
import { unsupported } from "./part.ts";
import type { Vision } from "./vision.ts";

/** Parsed JSON files that may describe a picture encoder, the most special first. */
export type VisionFiles = {
  /** `config.json`. */
  readonly config: unknown;
  /** `preprocessor_config.json`. */
  readonly preprocessor: unknown;
};

/** What a family of models does where nothing is written down. */
export type VisionDefaults = {
  readonly selectLayer: number;
  readonly postLayernorm: boolean;
  readonly resample: "bicubic" | "bilinear";
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
  return {
    model_type: "siglip_vision_model",
    image_size: imageSize(vision, fields),
    patch_size: vision.patchSize,
    hidden_size: vision.width,
    intermediate_size: vision.hidden,
    num_hidden_layers: vision.layers,
    num_attention_heads: fields.count("num_attention_heads", {}, usualHeads(vision.width)),
    hidden_act: fields.text("hidden_act", "gelu_pytorch_tanh"),
    layer_norm_eps: fields.positive("layer_norm_eps", 1e-6),
    select_layer: defaults.selectLayer,
    post_layernorm: defaults.postLayernorm,
    ...describePreprocessing(files.preprocessor, defaults, onNotice),
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

/** Pillow's numbers for its filters. */
const filters = new Map<unknown, string>([
  [1, "lanczos"],
  [2, "bilinear"],
  [3, "bicubic"],
]);

function describePreprocessing(json: unknown, defaults: VisionDefaults, onNotice: (notice: string) => void) {
  if (!isRecord(json)) {
    onNotice(
      `It is not written down how pictures become its input: they are stretched to a square (${defaults.resample}), as SigLIP's are.`,
    );
  }
  const fields = new Fields("preprocessor_config.json", "", isRecord(json) ? json : {});
  const resample = isRecord(json) && json.resample != null ? filters.get(json.resample) : defaults.resample;
  if (resample === undefined) throw fields.corrupt("resample", "1, 2 or 3 (Lanczos, bilinear, bicubic)");
  return {
    image_mean: fields.colours("image_mean", false, [0.5, 0.5, 0.5]),
    image_std: fields.colours("image_std", true, [0.5, 0.5, 0.5]),
    resample,
    // CLIP's processor resizes the shorter side and cuts the middle out, SigLIP's stretches.
    fit: fields.flag("do_center_crop", false) ? "crop" : "stretch",
  };
}
