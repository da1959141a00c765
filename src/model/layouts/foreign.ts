import type { FileSet } from "../file-set.ts";
import { unsupported, type WeightFolder } from "./part.ts";

type Kind = {
  readonly fits: (names: readonly string[]) => boolean;
  /** Continues "This model …". */
  readonly what: string;
  readonly advice?: string;
};

/** Models that are known well enough to be told apart, and cannot be run. The first that fits is named. */
const kinds: readonly Kind[] = [
  {
    fits: hasAny(/(^|\.)lora_(A|B|embedding_A|embedding_B)(\.|$)/),
    what: "is an adapter (LoRA): it changes another model and is none by itself",
    advice: "Merge it into its model first (merge_and_unload of PEFT), and choose what comes out",
  },
  {
    fits: hasAny(/^vit\./),
    what: "is a VisualRWKV: it takes pictures from other encoders (CLIP, DINOv2, SAM) and reads them backwards in every second layer",
  },
  {
    fits: (names) =>
      hasAny(/(^|\.)patch_embed\.proj\.weight$/)(names) &&
      hasAny(/(^|\.)blocks\.\d+\.attn\.qkv\.weight$|(^|\.)merger\./)(names),
    what: "sees through an encoder like Qwen's (patch_embed, merger), as rwkv-vl does, not through SigLIP",
  },
  {
    fits: (names) => hasAny(/(^|\.)embed_tokens\.weight$/)(names) && hasAny(/(^|\.)layers\.\d+\.self_attn\./)(names),
    what: "has a transformer as its language model (embed_tokens, self_attn): it is not an RWKV",
  },
  {
    fits: hasAny(/(^|\.)(embeddings\.class_embedding|visual\.class_embedding|cls_token)$/),
    what: "has CLIP or another encoder with a class token as its picture encoder, not SigLIP",
  },
  {
    fits: hasAny(/(^|\.)(proj|projector|vlproj)\.(conv|proj)\.weight$/),
    what: "has a projector of another kind (proj.conv or proj.proj), which takes several patches or pictures at once",
  },
];

/**
 * Refuses what is known to be another kind of model, before its parts are looked for and found lacking.
 *
 * @throws AuroraError `ModelUnsupported` that says what the model is
 */
export function refuseForeign(files: FileSet, folders: readonly WeightFolder[]): void {
  // An adapter's file of settings gives it away where its weights are in a format that is not read.
  const adapter = files.files.some(({ path }) => /(^|\/)adapter_config\.json$/.test(path)) ? kinds[0] : undefined;
  const names = folders.flatMap(({ tensors }) => tensors.names);
  const kind = adapter ?? kinds.find(({ fits }) => fits(names));
  if (kind) throw unsupported(kind.what, kind.advice);
}

function hasAny(pattern: RegExp): (names: readonly string[]) => boolean {
  return (names) => names.some((name) => pattern.test(name));
}

/** Formats of weights that this app cannot read, by how their files' names end. */
const formats = new Map([
  ["gguf", "GGUF (llama.cpp)"],
  ["ggml", "GGML (llama.cpp)"],
  ["mnn", "MNN"],
  ["onnx", "ONNX"],
  ["tflite", "TensorFlow Lite"],
  ["h5", "Keras"],
  ["msgpack", "Flax"],
  ["npz", "NumPy"],
  ["prefab", "web-rwkv's prefab"],
  ["mlmodel", "Core ML"],
  ["mlpackage", "Core ML"],
  ["rkllm", "Rockchip's RKLLM"],
]);

/** The format that a file's name ends in, where its weights cannot be read; null for all other files. */
export function foreignFormat(path: string): string | null {
  return formats.get(/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "") ?? null;
}
