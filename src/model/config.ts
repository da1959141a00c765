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
  /** Counts like Hugging Face's hidden states: −1 all layers, −2 all but the last, 0 the embeddings. */
  readonly selectLayer: number;
  readonly postLayernorm: boolean;
  readonly imageMean: readonly [number, number, number];
  readonly imageStd: readonly [number, number, number];
  readonly resample: "bicubic" | "bilinear" | "lanczos";
  readonly fit: "crop" | "stretch" | "letterbox";
};

/** `gelu` is the exact one (erf), `gelu_pytorch_tanh` the tanh approximation. */
export type Activation = "gelu" | "gelu_pytorch_tanh" | "quick_gelu" | "relu" | "silu";

/** Token merging inside the encoder; `r[i]` tokens are removed in block i. */
export type MergeConfig = {
  readonly r: readonly number[];
  readonly protectFirst: boolean;
  readonly dropFirst: boolean;
  readonly proportionalAttention: boolean;
  readonly order: "ascending" | "descending" | "none";
  readonly sort: "every-layer" | "last";
};

/** The connector: `depth` linear layers with the activation between them. */
export type ProjectorConfig = { readonly depth: number; readonly hiddenAct: Activation };

export type TextConfig = {
  readonly modelType: "rwkv6";
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly vocabSize: number;
};

/** Text around the frames; `{question}` stands for the question. */
export type PromptTemplate = { readonly before: string; readonly betweenFrames: string; readonly after: string };

export type PromptConfig = {
  readonly sandwich: PromptTemplate;
  readonly memory: PromptTemplate;
  readonly nextTurn: string;
  readonly stopIds: readonly number[];
  readonly stopStrings: readonly string[];
};

/** `config.json` of a model folder. */
export type ModelConfig = {
  readonly name: string;
  readonly license: string;
  readonly vision: VisionConfig;
  readonly merge: MergeConfig;
  readonly projector: ProjectorConfig;
  readonly text: TextConfig;
  readonly tokenizer: { readonly type: "huggingface"; readonly file: string };
  readonly prompt: PromptConfig;
  readonly sampling: { readonly fps: number; readonly maxBatch: number };
};

/** Number of encoder blocks in use. */
export function usedLayers(vision: VisionConfig): number {
  return vision.selectLayer < 0 ? vision.numHiddenLayers + 1 + vision.selectLayer : vision.selectLayer;
}
