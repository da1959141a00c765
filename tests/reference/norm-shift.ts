import { layerNorm } from "./layer-norm.ts";

/**
 * Layer normalisation x̂ of x [T, C] and its token shifts [mixes, T, C], each mix a row of `mix` [mixes, C]; `shift` is x̂[−1].
 */
export function normShift(
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  eps: number,
  shift: Float32Array,
  mix: Float32Array,
): { normed: Float32Array; shifted: Float32Array } {
  const width = weight.length;
  const normed = layerNorm(x, weight, bias, eps);
  const withBefore = Float32Array.from([...shift, ...normed]);
  const shifted: number[] = [];
  for (let i = 0; i < mix.length; i += width) {
    for (let at = 0; at < normed.length; at++) {
      const [now, before] = [normed[at] as number, withBefore[at] as number];
      shifted.push(now + (before - now) * (mix[i + (at % width)] as number));
    }
  }
  return { normed, shifted: Float32Array.from(shifted) };
}
