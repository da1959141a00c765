import type { TensorSource } from "./tensors.ts";

/** A checkpoint of any known layout, seen as a model folder of ours. */
export type Checkpoint = {
  /** What kind of checkpoint it is, for people, e.g. "AuroraLong (xtuner)". */
  readonly layout: string;
  /** `config.json` of ours, as `parseConfig` takes it, without `quantization_config`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Our names and shapes only, in floating-point types. */
  readonly tensors: TensorSource;
  readonly tokenizer: { readonly file: string; read(): Promise<Uint8Array> };
  readonly license: string;
  /** Sentences for the person about what was assumed or left out. */
  readonly notices: readonly string[];
  /** Texts that go along with the weights: licences and the model's card. */
  readonly documents?: readonly { readonly file: string; read(): Promise<Uint8Array> }[];
};
