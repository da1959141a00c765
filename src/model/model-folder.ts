import type { ModelConfig } from "./config.ts";
import { scaleSuffix } from "./quantised.ts";
import type { TensorSource } from "./tensors.ts";

/** An opened model: all but the weights is read; those are read as asked for. */
export type ModelFolder = {
  readonly config: ModelConfig;
  /** Content of `config.json`, which `config` was made from. */
  readonly json: unknown;
  readonly tensors: TensorSource;
  /** Content of the tokenizer's file, not yet checked. */
  readonly tokenizer: Uint8Array;
  /** Length of configuration, tokenizer and weights together. */
  readonly byteLength: number;
  /** Number of weights in all tensors. */
  readonly parameters: number;
};

/** Number of weights in all tensors; a quantised one counts as what it stands for, its scales as nothing. */
export function countParameters(tensors: TensorSource): number {
  const count = (name: string) => {
    const { shape, dtype } = tensors.info(name) ?? { shape: [0], dtype: "F32" };
    return shape.reduce((a, b) => a * b, dtype === "U8" ? 2 : 1);
  };
  const isScale = (name: string) =>
    name.endsWith(scaleSuffix) && tensors.info(name.slice(0, -scaleSuffix.length)) !== null;
  return tensors.names.reduce((sum, name) => sum + (isScale(name) ? 0 : count(name)), 0);
}
