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
import { wkv6 } from "./wkv6.ts";

/**
 * RWKV-6 in plain loops, one token after the other, in f64: the reference of the kernels. Reads one embedding [C] into the
 * state and returns the logits [V].
 */
export function step(tensors: Tensors, sizes: Sizes, state: LayerState[], embedding: Vector): Float64Array {
  let x = layerNorm(tensors, "blocks.0.ln0", embedding);
  state.forEach((layer, n) => {
    x = add(x, timeMix(tensors, sizes, layer, `blocks.${n}.`, x));
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
): Float64Array {
  const t = (name: string) => tensors(`${at}att.${name}`);
  const x = layerNorm(tensors, `${at}ln1`, residual);
  const delta = x.map((value, c) => valueAt(state.attention, c) - value);
  state.attention = x;
  const z = x.map((value, c) => value + valueAt(delta, c) * valueAt(t("time_maa_x"), c));
  const ranks = columns(t("time_maa_w1"), z).map(Math.tanh);
  const rank = ranks.length / 5;
  const [xw, xk, xv, xr, xg] = ["w", "k", "v", "r", "g"].map((name, i) => {
    const up = t("time_maa_w2").subarray(i * rank * width, (i + 1) * rank * width);
    const m = columns(up, ranks.subarray(i * rank, (i + 1) * rank));
    return x.map((value, c) => value + valueAt(delta, c) * (valueAt(t(`time_maa_${name}`), c) + valueAt(m, c)));
  }) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const low = columns(t("time_decay_w1"), xw).map(Math.tanh);
  const decay = columns(t("time_decay_w2"), low).map((value, c) =>
    Math.exp(-Math.exp(valueAt(t("time_decay"), c) + value)),
  );
  const [r, k, v, g] = [
    matrix(t("receptance.weight"), xr),
    matrix(t("key.weight"), xk),
    matrix(t("value.weight"), xv),
    matrix(t("gate.weight"), xg).map((value) => value / (1 + Math.exp(-value))),
  ];
  const y = wkv6({ r, k, v, w: decay, u: t("time_faaaa") }, state.wkv, headSize);
  const normal = groupNorm(y, headSize, t("ln_x.weight"), t("ln_x.bias"));
  return matrix(
    t("output.weight"),
    normal.map((value, c) => value * valueAt(g, c)),
  );
}

function channelMix(tensors: Tensors, state: LayerState, at: string, residual: Vector): Float64Array {
  const t = (name: string) => tensors(`${at}ffn.${name}`);
  const x = layerNorm(tensors, `${at}ln2`, residual);
  const mix = (name: string) =>
    x.map((value, c) => value + (valueAt(state.feedForward, c) - value) * valueAt(t(name), c));
  const [xk, xr] = [mix("time_maa_k"), mix("time_maa_r")];
  state.feedForward = x;
  const hidden = matrix(t("key.weight"), xk).map((value) => Math.max(value, 0) ** 2);
  const gate = matrix(t("receptance.weight"), xr).map((value) => 1 / (1 + Math.exp(-value)));
  return matrix(t("value.weight"), hidden).map((value, c) => value * valueAt(gate, c));
}
