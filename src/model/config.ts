import { AuroraError } from "../errors.ts";
import { type Assumptions, withAssumptions } from "./assumptions.ts";
import { Fields } from "./fields.ts";
import { type PromptConfig, parsePrompt } from "./prompt-config.ts";

/** SigLIP's sizes and how a frame becomes its input. Field names are those of `config.json` in camel case. */
export type VisionConfig = {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly hiddenAct: Activation;
  readonly layerNormEps: number;
  /** Of the norms inside the blocks; some encoders were trained with another than that of the last norm. */
  readonly blockNormEps: number;
  /** Counts like Hugging Face's hidden states: −1 all layers, −2 all but the last, 0 the embeddings. */
  readonly selectLayer: number;
  readonly postLayernorm: boolean;
  readonly imageMean: readonly [number, number, number];
  readonly imageStd: readonly [number, number, number];
  readonly resample: "bicubic" | "bilinear" | "lanczos";
  readonly fit: "crop" | "stretch" | "letterbox";
  /**
   * Of `crop` only: the shorter side is resized to this many pixels, at least `imageSize`, before the middle is cut out, as
   * CLIP's processor does; null where the cut comes first.
   */
  readonly resizeEdge: number | null;
  /** What a channel's 8-bit values are multiplied by before the mean is taken off. */
  readonly rescaleFactor: number;
  /** Whether much taller pictures are resized column by column first, as Pillow 13 does and earlier ones never did. */
  readonly columnsFirst: boolean;
};

/** `gelu` is the exact one (erf), `gelu_pytorch_tanh` the tanh approximation. */
type Activation = "gelu" | "gelu_pytorch_tanh" | "quick_gelu" | "relu" | "silu";

/** Token merging inside the encoder; `r[i]` tokens are removed in block i. */
type MergeConfig = {
  readonly r: readonly number[];
  readonly protectFirst: boolean;
  readonly dropFirst: boolean;
  readonly proportionalAttention: boolean;
  readonly order: "ascending" | "descending" | "none";
  readonly sort: "every-layer" | "last";
};

/** The connector: `depth` linear layers with the activation between them. */
type ProjectorConfig = {
  readonly depth: number;
  readonly hiddenAct: Activation;
  /** Width between the layers. */
  readonly hiddenSize: number;
  /** Whether LayerNorm of the result is added to the result (`connector.norm.*`, as in ModRWKV). */
  readonly residualNorm: boolean;
};

export type TextConfig = {
  readonly modelType: "rwkv6" | "rwkv7";
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly vocabSize: number;
};

/** `config.json` of a model folder. */
export type ModelConfig = {
  readonly name: string;
  readonly license: string;
  /** Null for a model for text only, which merges and projects nothing; see `seeing`. */
  readonly vision: VisionConfig | null;
  readonly merge: MergeConfig;
  readonly projector: ProjectorConfig;
  readonly text: TextConfig;
  /** `huggingface`: a `tokenizer.json`; `rwkv-world`: RWKV's vocabulary file. */
  readonly tokenizer: { readonly type: "huggingface" | "rwkv-world"; readonly file: string };
  readonly prompt: PromptConfig;
  readonly sampling: { readonly fps: number; readonly maxBatch: number };
  /** How the RNN's linear layers are stored (`quantised.ts`). */
  readonly quantization: Quantization;
  /** Pictures by which it can be told whether it sees: drawn ones for the built-in model, which knows no others. */
  readonly probe: "drawn" | "photographs";
  /** What was found better than what the file says otherwise; the fields above are with it. */
  readonly assumptions: Assumptions;
};

/** Bits of a weight of the RNN's linear layers; `f16` stands for anything that is not quantised. */
export type Quantization = "f16" | "int8" | "int4";

/** That of a model that sees. */
export type SeeingConfig = ModelConfig & { readonly vision: VisionConfig };

/** The configuration of a model that must see. @throws AuroraError `ModelUnsupported` for one that cannot */
export function seeing(config: ModelConfig): SeeingConfig {
  if (config.vision) return config as SeeingConfig;
  throw new AuroraError("ModelUnsupported", cannotSee(config.name));
}

/** What a person reads who shows something to a model for text only. */
export function cannotSee(name: string): string {
  return `${name} is a model for text only: it can chat, but not see. Choose a model that sees to watch a video.`;
}

/** Number of encoder blocks in use. */
export function usedLayers(vision: VisionConfig): number {
  return vision.selectLayer < 0 ? vision.numHiddenLayers + 1 + vision.selectLayer : vision.selectLayer;
}

const activations = ["gelu", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu"] as const;

/**
 * Checks the content of a model folder's `config.json` and fills in what the format allows leaving out. Without
 * `merge_config` nothing is merged. Impossible entries of `merge_config.r` are lowered to what merging will do.
 *
 * @throws AuroraError `ModelCorrupt` naming the field that is wrong; `ModelUnsupported` for models that this app cannot run
 */
export function parseConfig(json: unknown): ModelConfig {
  const assumed = new Fields("config.json", "", json).raw("assumptions");
  const root = new Fields("config.json", "", withAssumptions(json, assumed));
  const modelType = root.text("model_type");
  if (modelType !== "auroralong") throw unsupported(`its model_type is "${modelType}", not "auroralong"`);
  const vision = root.flag("sees", true) ? parseVision(root.section("vision_config")) : null;
  const text = parseText(root.section("text_config"));
  return {
    name: root.text("name", "unnamed model"),
    license: root.text("license", "unknown"),
    vision,
    merge: parseMerge(root.has("merge_config") ? root.section("merge_config") : null, vision),
    projector: parseProjector(root.section("projector_config", true), text.hiddenSize),
    text,
    tokenizer: parseTokenizer(root.section("tokenizer", true)),
    prompt: parsePrompt(root.section("prompt"), text.vocabSize),
    sampling: parseSampling(root.section("sampling", true)),
    quantization: root.has("quantization_config") ? parseQuantization(root.section("quantization_config")) : "f16",
    probe: root.choice("probe", ["drawn", "photographs"], "photographs"),
    assumptions: (assumed ?? {}) as Assumptions,
  };
}

/** Checks the fields of `vision_config`. @throws AuroraError as `parseConfig` */
export function parseVision(fields: Fields): VisionConfig {
  const modelType = fields.text("model_type", "siglip_vision_model");
  if (modelType !== "siglip_vision_model") throw unsupported(`its picture encoder is of type "${modelType}"`);
  const imageSize = fields.count("image_size", { max: 4096 });
  const layerNormEps = fields.positive("layer_norm_eps", 1e-6);
  const vision: VisionConfig = {
    imageSize,
    patchSize: fields.count("patch_size", { max: 4096 }),
    hiddenSize: fields.count("hidden_size", { max: 65536 }),
    intermediateSize: fields.count("intermediate_size", { max: 1 << 20 }),
    numHiddenLayers: fields.count("num_hidden_layers", { max: 1024 }),
    numAttentionHeads: fields.count("num_attention_heads", { max: 1024 }),
    hiddenAct: fields.choice("hidden_act", activations, "gelu_pytorch_tanh"),
    layerNormEps,
    blockNormEps: fields.positive("block_norm_eps", layerNormEps),
    selectLayer: fields.count("select_layer", { min: -1024, max: 1024 }, -2),
    postLayernorm: fields.flag("post_layernorm", false),
    imageMean: fields.colours("image_mean", false, [0.5, 0.5, 0.5]),
    imageStd: fields.colours("image_std", true, [0.5, 0.5, 0.5]),
    resample: fields.choice("resample", ["bicubic", "bilinear", "lanczos"], "bicubic"),
    fit: fields.choice("fit", ["crop", "stretch", "letterbox"], "crop"),
    resizeEdge: fields.has("resize_edge") ? fields.count("resize_edge", { min: imageSize, max: 4096 }) : null,
    rescaleFactor: fields.positive("rescale_factor", 1 / 255),
    columnsFirst: fields.flag("columns_first", true),
  };
  if (vision.patchSize > vision.imageSize)
    throw fields.corrupt("patch_size", `at most ${vision.imageSize} (image_size)`);
  if (vision.hiddenSize % vision.numAttentionHeads !== 0) {
    throw fields.corrupt("num_attention_heads", `a divisor of ${vision.hiddenSize} (hidden_size)`);
  }
  const used = usedLayers(vision);
  if (used < 0 || used > vision.numHiddenLayers) {
    throw fields.corrupt("select_layer", `one that uses 0 to ${vision.numHiddenLayers} layers`);
  }
  return vision;
}

function parseMerge(fields: Fields | null, vision: VisionConfig | null): MergeConfig {
  const layers = vision ? usedLayers(vision) : 0;
  const protectFirst = fields?.flag("protect_first", false) ?? false;
  const dropFirst = fields?.flag("drop_first", false) ?? false;
  // Lists are often written for all layers, used or not; a missing entry removes nothing.
  const given = fields?.counts("r") ?? [];
  const wanted = Array.from({ length: layers }, (_, block) => given[block] ?? 0);
  // A row or column of pixels that fills no whole patch is left out, as by the patch convolution.
  let tokens = vision ? Math.floor(vision.imageSize / vision.patchSize) ** 2 : 0;
  const r: number[] = [];
  for (const count of wanted) {
    // Pairs are made of every second token, so at most half can go.
    const removed = Math.min(count, Math.floor((tokens - (protectFirst ? 1 : 0)) / 2));
    r.push(removed);
    tokens -= removed;
  }
  if (fields && dropFirst && tokens < 2) throw fields.corrupt("drop_first", "false where only one token is left");
  return {
    r,
    protectFirst,
    dropFirst,
    proportionalAttention: fields?.flag("proportional_attention", true) ?? true,
    order: fields?.choice("order", ["ascending", "descending", "none"], "ascending") ?? "none",
    sort: fields?.choice("sort", ["every-layer", "last"], "every-layer") ?? "last",
  };
}

function parseProjector(fields: Fields, textWidth: number): ProjectorConfig {
  return {
    depth: fields.count("depth", { max: 16 }, 2),
    hiddenAct: fields.choice("hidden_act", activations, "gelu"),
    hiddenSize: fields.count("hidden_size", { max: 1 << 20 }, textWidth),
    residualNorm: fields.flag("residual_norm", false),
  };
}

function parseText(fields: Fields): TextConfig {
  const modelType = fields.text("model_type");
  if (modelType !== "rwkv6" && modelType !== "rwkv7") {
    throw unsupported(`its language model is of type "${modelType}", not "rwkv6" or "rwkv7"`);
  }
  const hiddenSize = fields.count("hidden_size", { max: 65536 });
  const headSize = fields.count("head_size", { max: 1024 }, 64);
  if (hiddenSize % headSize !== 0) throw fields.corrupt("hidden_size", `a multiple of ${headSize} (head_size)`);
  const usualWidth = modelType === "rwkv7" ? 4 * hiddenSize : Math.floor((3.5 * hiddenSize) / 32) * 32;
  return {
    modelType,
    hiddenSize,
    numHiddenLayers: fields.count("num_hidden_layers", { max: 1024 }),
    headSize,
    intermediateSize: fields.count("intermediate_size", { max: 1 << 20 }, usualWidth),
    vocabSize: fields.count("vocab_size", { max: 1 << 24 }),
  };
}

function parseTokenizer(fields: Fields): ModelConfig["tokenizer"] {
  const type = fields.text("type", "huggingface");
  if (type !== "huggingface" && type !== "rwkv-world") throw unsupported(`its tokenizer is of type "${type}"`);
  const file = fields.text("file", type === "rwkv-world" ? "rwkv_vocab_v20230424.txt" : "tokenizer.json");
  if (!isFileName(file)) throw fields.corrupt("file", "the name of a file in the model's folder");
  return { type, file };
}

function parseSampling(fields: Fields): ModelConfig["sampling"] {
  return { fps: fields.positive("fps", 1), maxBatch: fields.count("max_batch", { max: 1024 }, 8) };
}

function parseQuantization(fields: Fields): Quantization {
  const method = fields.text("quant_method", "");
  const bits = fields.count("bits", { max: 64 });
  const groupSize = fields.count("group_size", { max: 1 << 20 });
  if (method !== "auroralong" || (bits !== 8 && bits !== 4) || groupSize !== 32) {
    throw unsupported(`its weights are quantised in a way it does not know ("${method}", ${bits} bits)`);
  }
  return bits === 8 ? "int8" : "int4";
}

/** True for a plain file name, which can lead out of the model's folder by no means. */
export function isFileName(name: string): boolean {
  return /^[\w-][\w.-]*$/.test(name);
}

function unsupported(reason: string): AuroraError {
  return new AuroraError("ModelUnsupported", `This app cannot run this model: ${reason}. Choose another model.`);
}
