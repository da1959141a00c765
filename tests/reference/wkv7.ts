type Values = Float32Array | Float64Array;

/** What RWKV-7's recurrence reads, each [T, C]: w is the decay, kappa the normalised key, beta = kappa ⊙ a. */
export type Wkv7Inputs = { r: Values; k: Values; v: Values; w: Values; kappa: Values; beta: Values };

/**
 * RWKV-7's recurrence over T tokens, token by token in f64. `state` [H, N, N] by key index i, then value index j, is changed in
 * place: S_ij ← w_i S_ij − β_i (Σ_n κ_n S_nj) + k_i v_j, then y_j = Σ_i r_i S_ij. Returns y [T, C].
 */
export function wkv7(io: Wkv7Inputs, state: Float64Array, width: number, headSize: number): Float64Array {
  const y = new Float64Array(io.r.length);
  const at = (array: Values, index: number) => array[index] as number;
  for (let t = 0; t < io.r.length; t += width) {
    for (let head = 0; head < width; head += headSize) {
      for (let j = 0; j < headSize; j++) {
        const cell = (i: number) => (head + i) * headSize + j;
        let removed = 0;
        for (let i = 0; i < headSize; i++) removed += at(io.kappa, t + head + i) * at(state, cell(i));
        let sum = 0;
        for (let i = 0; i < headSize; i++) {
          const c = t + head + i;
          const added = at(io.k, c) * at(io.v, t + head + j);
          state[cell(i)] = at(io.w, c) * at(state, cell(i)) - at(io.beta, c) * removed + added;
          sum += at(io.r, c) * at(state, cell(i));
        }
        y[t + head + j] = sum;
      }
    }
  }
  return y;
}
