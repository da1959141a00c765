import { layerNorm } from "./layer-norm.ts";

type Rows = Record<"y" | "r" | "k" | "v" | "gate", Float32Array>;

/** Each head's part of each row of y [T, C] normalised on its own, plus (Σ r ⊙ k ⊙ bonus) v, times the gate. */
export function groupNormBonus(
  { y, r, k, v, gate }: Rows,
  { weight, bias, bonus }: Record<"weight" | "bias" | "bonus", Float32Array>,
  headSize: number,
  eps: number,
): Float64Array {
  const out = new Float64Array(y.length);
  const at = (array: Float32Array, index: number) => array[index] as number;
  for (let start = 0; start < y.length; start += headSize) {
    const channel = start % weight.length;
    const part = (array: Float32Array) => array.subarray(channel, channel + headSize);
    const normal = layerNorm(y.subarray(start, start + headSize), part(weight), part(bias), eps);
    let sum = 0;
    for (let i = 0; i < headSize; i++) sum += at(r, start + i) * at(k, start + i) * at(bonus, channel + i);
    for (let i = 0; i < headSize; i++) out[start + i] = (at(normal, i) + sum * at(v, start + i)) * at(gate, start + i);
  }
  return out;
}
