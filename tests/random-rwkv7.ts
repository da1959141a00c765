import type { TextConfig } from "../src/model/config.ts";
import { type RandomModel, randomModel } from "./random-model.ts";

/** Low ranks of a random model's decay, rate, value mix and gate, and whether its first layer has a value mix as well. */
export type Ranks = {
  readonly w: number;
  readonly a: number;
  readonly v: number;
  readonly g: number;
  readonly firstValue?: boolean;
};

/** An RWKV-7 of any shape with random weights of sane size. */
export function randomRwkv7(config: TextConfig, ranks: Ranks, dtype: "F16" | "F32", seed = 1): RandomModel {
  return randomModel(tensorShapes(config, ranks), { scale: scaleOf, offset: offsetOf }, dtype, seed);
}

function tensorShapes(config: TextConfig, ranks: Ranks): Record<string, number[]> {
  const { hiddenSize: c, vocabSize, intermediateSize, headSize, numHiddenLayers } = config;
  const shapes: Record<string, number[]> = { "emb.weight": [vocabSize, c], "head.weight": [vocabSize, c] };
  const norm = (name: string) => {
    shapes[`${name}.weight`] = [c];
    shapes[`${name}.bias`] = [c];
  };
  norm("blocks.0.ln0");
  norm("ln_out");
  for (let n = 0; n < numHiddenLayers; n++) {
    const at = `blocks.${n}.`;
    for (const name of ["ln1", "ln2", "att.ln_x"]) norm(at + name);
    for (const name of ["x_r", "x_w", "x_k", "x_v", "x_a", "x_g", "k_k", "k_a"]) shapes[`${at}att.${name}`] = [1, 1, c];
    for (const part of ["w", "a", "v", "g"] as const) {
      if (part === "v" && n === 0 && !ranks.firstValue) continue;
      shapes[`${at}att.${part}1`] = [c, ranks[part]];
      shapes[`${at}att.${part}2`] = [ranks[part], c];
      if (part !== "g") shapes[`${at}att.${part}0`] = [1, 1, c];
    }
    shapes[`${at}att.r_k`] = [c / headSize, headSize];
    for (const name of ["receptance", "key", "value", "output"]) shapes[`${at}att.${name}.weight`] = [c, c];
    shapes[`${at}ffn.x_k`] = [1, 1, c];
    shapes[`${at}ffn.key.weight`] = [intermediateSize, c];
    shapes[`${at}ffn.value.weight`] = [c, intermediateSize];
  }
  return shapes;
}

function scaleOf(name: string, shape: readonly number[]): number {
  if (name.includes("weight") && shape.length === 2 && name !== "emb.weight")
    return Math.sqrt(3 / (shape[1] as number));
  if (/[wavg]1$/.test(name)) return Math.sqrt(3 / (shape[0] as number));
  return 0.5;
}

function offsetOf(name: string): number {
  if (name.endsWith("w0")) return -3; // a decay of exp(−0.606531 σ(−3)) ≈ 0.97
  return /(ln\w*\.weight|k_[ka])$/.test(name) ? 1 : 0;
}
