import type { Wkv7Inputs } from "./wkv7.ts";

type Values = Float32Array | Float64Array;

/** Each [T, C]: products of the shifted inputs, and what the low-rank factors give before their activations. */
type Products = { r: Values; k: Values; v: Values; decay: Values; rate: Values; valueMix: Values };

/** [C] each. */
type Params = { w0: Values; a0: Values; v0: Values; k_k: Values; k_a: Values };

/**
 * The inputs of RWKV-7's recurrence from the products, in f64; `vFirst` [T, C] is the first layer's v, null in the first layer
 * itself. Returns them with β = κ ⊙ a.
 */
export function wkv7Inputs(io: Products, params: Params, vFirst: Values | null, headSize: number): Wkv7Inputs {
  const width = params.w0.length;
  const at = (array: Values, index: number) => array[index] as number;
  const each = (compute: (i: number, c: number) => number) => Float64Array.from(io.k, (_, i) => compute(i, i % width));
  const a = each((i, c) => sigmoid(at(params.a0, c) + at(io.rate, i)));
  const raw = each((i, c) => at(io.k, i) * at(params.k_k, c));
  const kappa = each((i) => {
    const head = Math.floor(i / headSize) * headSize;
    return at(raw, i) / Math.max(Math.hypot(...raw.subarray(head, head + headSize)), 1e-12);
  });
  return {
    r: io.r,
    k: each((i, c) => at(io.k, i) * (1 + (at(a, i) - 1) * at(params.k_a, c))),
    v: each((i, c) => {
      const v = at(io.v, i);
      return vFirst ? v + (at(vFirst, i) - v) * sigmoid(at(params.v0, c) + at(io.valueMix, i)) : v;
    }),
    w: each((i, c) => Math.exp(-0.606531 * sigmoid(at(params.w0, c) + at(io.decay, i)))),
    kappa,
    beta: each((i) => at(kappa, i) * at(a, i)),
  };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
