import { AuroraError } from "../errors.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { LinearWeights } from "../kernels/linear-weights.ts";
import type { TextConfig } from "../model/config.ts";
import type { Loader, Norm } from "./loader.ts";

/** One layer of RWKV-6; shapes as in BlinkDL's release, linears [out, in], C width, D ranks. */
export type Rwkv6Layer = {
  readonly ln1: Norm;
  readonly ln2: Norm;
  /** Group norm of the heads' outputs. */
  readonly lnX: Norm;
  /** [1, C]: what shifts the input of W1 */
  readonly mixX: Tensor;
  /** [5, C] in the order w, k, v, r, g */
  readonly mix: Tensor;
  readonly mixRank: number;
  /** [5·D, C] */
  readonly mixDown: LinearWeights;
  /** [5, D, C] */
  readonly mixUp: Tensor;
  /** [C] */
  readonly decay: Tensor;
  /** [D, C] and [C, D] */
  readonly decayDown: LinearWeights;
  readonly decayUp: LinearWeights;
  /** [C]: u */
  readonly bonus: Tensor;
  /** [4, C, C]: key, value, receptance, gate */
  readonly kvrg: LinearWeights;
  readonly output: LinearWeights;
  /** [2, C]: k, r */
  readonly ffnMix: Tensor;
  readonly ffnKey: LinearWeights;
  readonly ffnReceptance: LinearWeights;
  readonly ffnValue: LinearWeights;
};

/** Reads one layer's tensors, whose names begin with `at`. @throws AuroraError `ModelCorrupt` for a missing tensor or a wrong shape */
export async function loadRwkv6Layer(loader: Loader, at: string, config: TextConfig): Promise<Rwkv6Layer> {
  const { hiddenSize: c, headSize, intermediateSize } = config;
  const mixRank = loader.rank(`${at}att.time_maa_w1`, 1) / 5;
  const decayRank = loader.rank(`${at}att.time_decay_w1`, 1);
  if (!Number.isInteger(mixRank)) {
    throw new AuroraError(
      "ModelCorrupt",
      `The model's ${at}att.time_maa_w1 has ${mixRank * 5} columns; a multiple of 5 is needed.`,
    );
  }
  const vector = [1, 1, c];
  const [w, k, v, r, g] = ["w", "k", "v", "r", "g"].map((name) => `${at}att.time_maa_${name}`) as [
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    ln1: await loader.norm(`${at}ln1`, c),
    ln2: await loader.norm(`${at}ln2`, c),
    lnX: await loader.norm(`${at}att.ln_x`, c),
    mixX: await loader.vectors([`${at}att.time_maa_x`], vector, c),
    mix: await loader.vectors([w, k, v, r, g], vector, c),
    mixRank,
    mixDown: await loader.transposed(`${at}att.time_maa_w1`, 5 * mixRank, c),
    mixUp: await loader.vectors([`${at}att.time_maa_w2`], [5, mixRank, c], c),
    decay: await loader.vectors([`${at}att.time_decay`], vector, c),
    decayDown: await loader.transposed(`${at}att.time_decay_w1`, decayRank, c),
    decayUp: await loader.transposed(`${at}att.time_decay_w2`, c, decayRank),
    bonus: await loader.vectors([`${at}att.time_faaaa`], [c / headSize, headSize], c),
    kvrg: await loader.stacked(
      ["key", "value", "receptance", "gate"].map((name) => `${at}att.${name}.weight`),
      c,
      c,
    ),
    output: await loader.linear(`${at}att.output.weight`, c, c),
    ffnMix: await loader.vectors([`${at}ffn.time_maa_k`, `${at}ffn.time_maa_r`], vector, c),
    ffnKey: await loader.linear(`${at}ffn.key.weight`, intermediateSize, c),
    ffnReceptance: await loader.linear(`${at}ffn.receptance.weight`, c, c),
    ffnValue: await loader.linear(`${at}ffn.value.weight`, c, intermediateSize),
  };
}
