/** Layer normalisation of each row of x [T, C]. */
export function layerNorm(x: Float32Array, weight: Float32Array, bias: Float32Array, eps: number): Float32Array {
  const width = weight.length;
  const y = new Float32Array(x.length);
  for (let row = 0; row < x.length; row += width) {
    const values = x.subarray(row, row + width);
    const mean = values.reduce((sum, value) => sum + value, 0) / width;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    for (let c = 0; c < width; c++) {
      y[row + c] =
        (((values[c] as number) - mean) / Math.sqrt(variance + eps)) * (weight[c] as number) + (bias[c] as number);
    }
  }
  return y;
}
