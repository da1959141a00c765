import type { TextConfig } from "../src/model/config.ts";
import { type RandomModel, randomModel } from "./random-model.ts";

/** Low ranks of a random model's token mix and decay. */
export type Ranks = { readonly mix: number; readonly decay: number };

/** An RWKV-6 of any shape with random weights of sane size. */
export function randomRwkv6(config: TextConfig, ranks: Ranks, dtype: "F16" | "F32", seed = 1): RandomModel {
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
    for (const name of ["maa_x", "maa_w", "maa_k", "maa_v", "maa_r", "maa_g", "decay"])
      shapes[`${at}att.time_${name}`] = [1, 1, c];
    for (const name of ["receptance", "key", "value", "gate", "output"]) shapes[`${at}att.${name}.weight`] = [c, c];
    Object.assign(shapes, {
      [`${at}att.time_maa_w1`]: [c, 5 * ranks.mix],
      [`${at}att.time_maa_w2`]: [5, ranks.mix, c],
      [`${at}att.time_decay_w1`]: [c, ranks.decay],
      [`${at}att.time_decay_w2`]: [ranks.decay, c],
      [`${at}att.time_faaaa`]: [c / headSize, headSize],
      [`${at}ffn.time_maa_k`]: [1, 1, c],
      [`${at}ffn.time_maa_r`]: [1, 1, c],
      [`${at}ffn.key.weight`]: [intermediateSize, c],
      [`${at}ffn.receptance.weight`]: [c, c],
      [`${at}ffn.value.weight`]: [c, intermediateSize],
    });
  }
  return shapes;
}

function scaleOf(name: string, shape: readonly number[]): number {
  if (name.includes("weight") && shape.length === 2 && name !== "emb.weight")
    return Math.sqrt(3 / (shape[1] as number));
  return name.includes("_w1") || name.includes("_w2") ? 0.3 : 0.5;
}

function offsetOf(name: string): number {
  if (name.endsWith("time_decay")) return -3; // w = exp(−exp(−3)) ≈ 0.95
  return /(ln\w*)\.weight$/.test(name) ? 1 : 0;
}
