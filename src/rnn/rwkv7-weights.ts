import type { Tensor } from "../gpu/tensor.ts";
import type { LinearWeights } from "../kernels/linear-weights.ts";
import type { TextConfig } from "../model/config.ts";
import type { Loader, Norm } from "./loader.ts";

/** One layer of RWKV-7; shapes as in BlinkDL's release, linears [out, in], C width, D ranks. */
export type Rwkv7Layer = {
  readonly ln1: Norm;
  readonly ln2: Norm;
  /** Group norm of the heads' outputs. */
  readonly lnX: Norm;
  /** [6, C] in the order r, k, v, a, w, g */
  readonly mix: Tensor;
  /** [3, C, C]: receptance, key, value */
  readonly rkv: LinearWeights;
  /** Largest of the ranks of v, a and w; the others are filled up to it with zeros. */
  readonly rank: number;
  /** [2, D, C]: V1, A1; in the first layer only A1 */
  readonly valueRateDown: LinearWeights;
  /** [D, C]: W1 */
  readonly decayDown: LinearWeights;
  /** [3, C, D]: V2, A2, W2; in the first layer without V2 */
  readonly up: LinearWeights;
  /** [5, C]: w0, a0, k_k, k_a, v0; in the first layer without v0 */
  readonly params: Tensor;
  /** [D, C] and [C, D]: G1 and G2 */
  readonly gateDown: LinearWeights;
  readonly gateUp: LinearWeights;
  /** [C]: r_k */
  readonly bonus: Tensor;
  readonly output: LinearWeights;
  /** [1, C] */
  readonly ffnMix: Tensor;
  readonly ffnKey: LinearWeights;
  readonly ffnValue: LinearWeights;
};

/**
 * Reads one layer's tensors, whose names begin with `at`. The first layer has no use for v0, V1 and V2, which some checkpoints
 * hold nevertheless.
 *
 * @throws AuroraError `ModelCorrupt` for a missing tensor or a wrong shape
 */
export async function loadRwkv7Layer(
  loader: Loader,
  at: string,
  config: TextConfig,
  first: boolean,
): Promise<Rwkv7Layer> {
  const { hiddenSize: c, headSize, intermediateSize } = config;
  const att = (name: string) => `${at}att.${name}`;
  const rank = (name: string) => loader.rank(att(name), 1);
  const vector = [1, 1, c];
  const parts = first ? ["a", "w"] : ["v", "a", "w"];
  const widest = Math.max(...parts.map((part) => rank(`${part}1`)));
  const down = (part: string) => ({ name: att(`${part}1`), shape: [c, rank(`${part}1`)] as const });
  const up = (part: string) => ({ name: att(`${part}2`), shape: [rank(`${part}1`), c] as const });
  const gate = rank("g1");
  return {
    ln1: await loader.norm(`${at}ln1`, c),
    ln2: await loader.norm(`${at}ln2`, c),
    lnX: await loader.norm(att("ln_x"), c),
    mix: await loader.vectors(["x_r", "x_k", "x_v", "x_a", "x_w", "x_g"].map(att), vector, c),
    rkv: await loader.stacked(["receptance.weight", "key.weight", "value.weight"].map(att), c, c),
    rank: widest,
    valueRateDown: await loader.factors(parts.slice(0, -1).map(down), widest, c),
    decayDown: await loader.factors([down("w")], widest, c),
    up: await loader.factors(parts.map(up), c, widest),
    params: await loader.vectors(["w0", "a0", "k_k", "k_a", ...(first ? [] : ["v0"])].map(att), vector, c),
    gateDown: await loader.transposed(att("g1"), gate, c),
    gateUp: await loader.transposed(att("g2"), c, gate),
    bonus: await loader.vectors([att("r_k")], [c / headSize, headSize], c),
    output: await loader.linear(att("output.weight"), c, c),
    ffnMix: await loader.vectors([`${at}ffn.x_k`], vector, c),
    ffnKey: await loader.linear(`${at}ffn.key.weight`, intermediateSize, c),
    ffnValue: await loader.linear(`${at}ffn.value.weight`, c, intermediateSize),
  };
}
