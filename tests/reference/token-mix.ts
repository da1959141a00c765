/** RWKV-6's data-dependent token shift [5, T, C] of x [T, C]: mix [5, C], m [T, 5·D], up [5, D, C]; `shift` is x[−1]. */
export function tokenMix(
  x: Float32Array,
  shift: Float32Array,
  mix: Float32Array,
  m: Float32Array,
  up: Float32Array,
): Float32Array {
  const width = shift.length;
  const rows = x.length / width;
  const rank = up.length / (5 * width);
  const out = new Float32Array(5 * rows * width);
  const at = (array: Float32Array, index: number) => array[index] as number;
  for (let i = 0; i < 5; i++) {
    for (let t = 0; t < rows; t++) {
      for (let c = 0; c < width; c++) {
        let weight = at(mix, i * width + c);
        for (let d = 0; d < rank; d++) {
          weight += at(m, t * 5 * rank + i * rank + d) * at(up, (i * rank + d) * width + c);
        }
        const now = at(x, t * width + c);
        const before = t === 0 ? at(shift, c) : at(x, (t - 1) * width + c);
        out[(i * rows + t) * width + c] = now + (before - now) * weight;
      }
    }
  }
  return out;
}
