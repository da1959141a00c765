import { groupNormGate } from "./group-norm-gate.ts";
import { wkv6 } from "./wkv6.ts";

type Step = Parameters<typeof wkv6>[0] & { g: Float32Array; weight: Float32Array; bias: Float32Array };

/** One token of RWKV-6's recurrence in f64, changing `state` in place, then normed a head and gated by silu(g): y [C]. */
export function wkv6Step({ g, weight, bias, ...io }: Step, state: Float64Array, headSize: number, eps: number) {
  return groupNormGate(wkv6(io, state, headSize), g, weight, bias, headSize, eps);
}
