/** Each head's part of each row of y [T, C] normalised on its own, times silu of gate [T, C]. */
export function groupNormGate(
  y: Float32Array | Float64Array,
  gate: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  headSize: number,
  eps: number,
): Float64Array {
  const out = new Float64Array(y.length);
  for (let start = 0; start < y.length; start += headSize) {
    const values = [...y.subarray(start, start + headSize)];
    const mean = values.reduce((sum, value) => sum + value, 0) / headSize;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / headSize;
    values.forEach((value, i) => {
      const c = (start + i) % weight.length;
      const g = gate[start + i] as number;
      const normal = ((value - mean) / Math.sqrt(variance + eps)) * (weight[c] as number) + (bias[c] as number);
      out[start + i] = (normal * g) / (1 + Math.exp(-g));
    });
  }
  return out;
}
