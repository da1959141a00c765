/** What the matrix products compute on top of x·wᵀ; see `LinearOptions`. */
export type LinearExtras = {
  readonly activation?: "none" | "tanh" | "relu-squared" | "sigmoid" | "decay";
  readonly combine?: "store" | "add" | "add-gated";
  readonly bias?: Float32Array;
  /** [T, N] */
  readonly gate?: Float32Array;
  /** [T, N]: what y held before */
  readonly before?: Float32Array;
};

const activations = {
  none: (s: number) => s,
  tanh: Math.tanh,
  "relu-squared": (s: number) => Math.max(s, 0) ** 2,
  sigmoid: (s: number) => 1 / (1 + Math.exp(-s)),
  decay: (s: number) => Math.exp(-Math.exp(s)),
};

/** y [T, N] = act(x [T, K] · w [N, K]ᵀ + bias), in f64. */
export function linear(x: Float32Array, w: Float32Array, inWidth: number, extras: LinearExtras = {}): Float64Array {
  const { activation = "none", combine = "store", bias, gate, before } = extras;
  const outWidth = w.length / inWidth;
  return Float64Array.from({ length: (x.length / inWidth) * outWidth }, (_, index) => {
    const [t, n] = [Math.floor(index / outWidth), index % outWidth];
    let sum = bias?.[n] ?? 0;
    for (let k = 0; k < inWidth; k++) sum += (x[t * inWidth + k] as number) * (w[n * inWidth + k] as number);
    const value = activations[activation](sum);
    if (combine === "store") return value;
    return (before?.[index] ?? 0) + (combine === "add" ? 1 : (gate?.[index] ?? 0)) * value;
  });
}
