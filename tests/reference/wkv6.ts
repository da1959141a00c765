type Values = Float32Array | Float64Array;

/**
 * RWKV-6's recurrence over T tokens, token by token in f64. r, k, v, w are [T, C], u [C], `state` [H, N, N] by key index, then
 * value index, is changed in place. Returns y [T, C].
 */
export function wkv6(
  io: { r: Values; k: Values; v: Values; w: Values; u: Values },
  state: Float64Array,
  headSize: number,
): Float64Array {
  const width = io.u.length;
  const y = new Float64Array(io.r.length);
  const at = (array: Values, index: number) => array[index] as number;
  for (let t = 0; t < io.r.length; t += width) {
    for (let i = 0; i < width; i++) {
      const head = Math.floor(i / headSize) * headSize;
      for (let j = 0; j < headSize; j++) {
        const cell = i * headSize + j;
        const kv = at(io.k, t + i) * at(io.v, t + head + j);
        y[t + head + j] = at(y, t + head + j) + at(io.r, t + i) * (at(state, cell) + at(io.u, i) * kv);
        state[cell] = at(io.w, t + i) * at(state, cell) + kv;
      }
    }
  }
  return y;
}
