import { parseVision, type VisionConfig } from "../model/config.ts";
import { corruptFile, Fields } from "../model/fields.ts";
import type { FileSet } from "../model/file-set.ts";
import { toFloat32 } from "../model/half.ts";
import { unsupported } from "../model/layouts/part.ts";
import { findVision, mapVision } from "../model/layouts/vision.ts";
import { describeVision } from "../model/layouts/vision-config.ts";
import { openWeightFolder } from "../model/open-weights.ts";
import { expectTensor, type TensorSource } from "../model/tensors.ts";
import { createQueryTokenizer, type QueryTokenizer } from "./query-tokens.ts";

/** Sizes of the tower that reads texts. */
type TextTowerConfig = {
  /** D */
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  readonly layers: number;
  /** T, tokens that every text is cut or filled up to: the last one stands for the text. */
  readonly tokens: number;
  readonly vocabSize: number;
  readonly activation: VisionConfig["hiddenAct"];
  readonly epsilon: number;
};

/** SigLIP or SigLIP2 with both towers, as Google released them for pictures of one size. */
export type Siglip = {
  readonly vision: VisionConfig;
  readonly text: TextTowerConfig;
  /** C, of the vectors that both towers give. */
  readonly width: number;
  /** A text describes a picture with probability sigmoid(scale · cos + bias). */
  readonly scale: number;
  readonly bias: number;
  readonly tensors: TensorSource;
  readonly tokenizer: QueryTokenizer;
};

/**
 * Opens a folder of Google's layout (`modeling_siglip.py` of transformers): `config.json`, `preprocessor_config.json`,
 * `tokenizer.json`, `tokenizer_config.json` and weights.
 *
 * @throws AuroraError `ModelUnsupported` for other models, `ModelCorrupt`; errors of the files
 */
export async function openSiglip(files: FileSet): Promise<Siglip> {
  const config = new Fields("config.json", "", await readJson(files, "config.json"));
  if (config.text("model_type", "") !== "siglip") throw unsupported(notSiglip);
  const tensors = await openWeightFolder(files, "");
  const pictures = tensors && findVision({ path: "", tensors });
  if (!tensors || !pictures || !tensors.info("vision_model.head.probe") || !tensors.info("logit_scale"))
    throw unsupported(notSiglip);
  const vision = mapVision(pictures, { usedLayers: (layers) => layers, postLayernorm: true });
  const read = { config: config.raw("vision_config"), preprocessor: await readJson(files, "preprocessor_config.json") };
  const described = describeVision(
    vision,
    { ...siglipVision(read.config), preprocessor: read.preprocessor },
    defaults,
    () => undefined,
  );
  const text = textConfig(config.section("text_config", true), tensors);
  const [width = 0] = tensors.info("text_model.head.weight")?.shape ?? [];
  if (width !== vision.width) throw unsupported("has towers whose vectors differ in width");
  return {
    vision: parseVision(new Fields("config.json", "vision_config", described)),
    text,
    width,
    scale: Math.exp(await readNumber(tensors, "logit_scale")),
    bias: await readNumber(tensors, "logit_bias"),
    tensors,
    tokenizer: createQueryTokenizer(
      await readJson(files, "tokenizer.json"),
      await readJson(files, "tokenizer_config.json"),
      text,
    ),
  };
}

const notSiglip = "is no SigLIP with a tower for pictures and one for texts";
const advice = "Choose one like google/siglip-base-patch16-224";

const defaults = {
  selectLayer: -1,
  postLayernorm: true,
  processor: { image_processor_type: "SiglipImageProcessor", resample: 3 },
  processorNotice: "",
};

/** What `describeVision` looks at; pictures are stretched to a square. */
function siglipVision(config: unknown) {
  const vision = typeof config === "object" && config !== null ? config : {};
  return { config: { ...vision, model_type: "siglip_vision_model" }, pads: false };
}

/** Sizes from shapes; what shapes do not tell, from `config.json`, else as in Google's releases. */
function textConfig(fields: Fields, tensors: TensorSource): TextTowerConfig {
  const shape = (name: string) => tensors.info(`text_model.${name}`)?.shape ?? [];
  const [vocabSize = 0, width = 0] = shape("embeddings.token_embedding.weight");
  const [tokens = 0] = shape("embeddings.position_embedding.weight");
  const [inner = 0] = shape("encoder.layers.0.mlp.fc1.weight");
  const block = /^text_model\.encoder\.layers\.(\d{1,4})\./;
  const layers = tensors.names.reduce((most, name) => Math.max(most, Number(block.exec(name)?.[1] ?? -1) + 1), 0);
  if (vocabSize * width * tokens * inner * layers === 0) throw unsupported(notSiglip, advice);
  const heads = fields.count("num_attention_heads", {}, width === 1152 ? 16 : Math.max(1, Math.floor(width / 64)));
  if (width % heads !== 0) throw fields.corrupt("num_attention_heads", `a divisor of ${width}`);
  const activation = fields.choice("hidden_act", ["gelu", "gelu_pytorch_tanh", "quick_gelu"], "gelu_pytorch_tanh");
  return {
    width,
    heads,
    inner,
    layers,
    tokens,
    vocabSize,
    activation,
    epsilon: fields.positive("layer_norm_eps", 1e-6),
  };
}

async function readNumber(tensors: TensorSource, name: string): Promise<number> {
  return toFloat32(await expectTensor(tensors, name, tensors.info(name)?.shape.length === 0 ? [] : [1]))[0] ?? 0;
}

async function readJson(files: FileSet, path: string): Promise<unknown> {
  if (!files.files.some((file) => file.path === path)) throw unsupported(`has no ${path}`, advice);
  const reader = await files.open(path);
  try {
    return JSON.parse(new TextDecoder().decode(await reader.read(0, reader.byteLength)));
  } catch (error) {
    if (error instanceof SyntaxError) throw corruptFile(path, "is damaged: it is no JSON", error);
    throw error;
  }
}
