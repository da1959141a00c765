import {
  add,
  columns,
  groupNorm,
  type LayerState,
  layerNorm,
  matrix,
  type Sizes,
  type Tensors,
  type Vector,
  valueAt,
} from "./rwkv.ts";
import { wkv7 } from "./wkv7.ts";
import { wkv7Inputs } from "./wkv7-inputs.ts";

/**
 * RWKV-7 in plain loops, one token after the other, in f64: the reference of the kernels. Reads one embedding [C] into the
 * state and returns the logits [V].
 */
export function step(tensors: Tensors, sizes: Sizes, state: LayerState[], embedding: Vector): Float64Array {
  let x = layerNorm(tensors, "blocks.0.ln0", embedding);
  let vFirst: Vector | null = null;
  state.forEach((layer, n) => {
    const mixed = timeMix(tensors, sizes, layer, `blocks.${n}.`, x, vFirst);
    vFirst ??= mixed.v;
    x = add(x, mixed.y);
    x = add(x, channelMix(tensors, layer, `blocks.${n}.`, x));
  });
  return matrix(tensors("head.weight"), layerNorm(tensors, "ln_out", x));
}

function timeMix(
  tensors: Tensors,
  { width, headSize }: Sizes,
  state: LayerState,
  at: string,
  residual: Vector,
  vFirst: Vector | null,
): { y: Float64Array; v: Vector } {
  const t = (name: string) => tensors(`${at}att.${name}`);
  const x = layerNorm(tensors, `${at}ln1`, residual);
  const mix = (name: string) => shift(x, state.attention, t(`x_${name}`));
  const lowRank = (name: string, activation = (value: number) => value) =>
    columns(t(`${name}2`), columns(t(`${name}1`), mix(name)).map(activation));
  const products = {
    r: matrix(t("receptance.weight"), mix("r")),
    k: matrix(t("key.weight"), mix("k")),
    v: matrix(t("value.weight"), mix("v")),
    decay: lowRank("w", Math.tanh),
    rate: lowRank("a"),
    valueMix: vFirst ? lowRank("v") : new Float64Array(width),
  };
  const gate = lowRank("g", (value) => 1 / (1 + Math.exp(-value)));
  state.attention = x;
  const params = { w0: t("w0"), a0: t("a0"), v0: t("v0"), k_k: t("k_k"), k_a: t("k_a") };
  const inputs = wkv7Inputs(products, params, vFirst, headSize);
  const y = wkv7(inputs, state.wkv, width, headSize);
  const { r, k, v } = inputs;
  const normal = groupNorm(y, headSize, t("ln_x.weight"), t("ln_x.bias"));
  const out = normal.map((value, c) => {
    const head = Math.floor(c / headSize) * headSize;
    let bonus = 0;
    for (let i = head; i < head + headSize; i++) bonus += valueAt(r, i) * valueAt(k, i) * valueAt(t("r_k"), i);
    return (value + bonus * valueAt(v, c)) * valueAt(gate, c);
  });
  return { y: matrix(t("output.weight"), out), v };
}

function channelMix(tensors: Tensors, state: LayerState, at: string, residual: Vector): Float64Array {
  const t = (name: string) => tensors(`${at}ffn.${name}`);
  const x = layerNorm(tensors, `${at}ln2`, residual);
  const hidden = matrix(t("key.weight"), shift(x, state.feedForward, t("x_k")));
  state.feedForward = x;
  return matrix(
    t("value.weight"),
    hidden.map((value) => Math.max(value, 0) ** 2),
  );
}

/** x + (before − x) ⊙ mix. */
function shift(x: Vector, before: Vector, mix: Vector): Float64Array {
  return Float64Array.from(x, (value, c) => value + (valueAt(before, c) - value) * valueAt(mix, c));
}
