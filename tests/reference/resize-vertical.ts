/**
 * Pillow's second pass and what follows it: R, G, B bytes [H, S, 3] → (value / 255 − mean) / std as [3, S, S].
 *
 * @param table [S, 2 + taps]: first input row, number of weights, weights times 2²²
 */
export function resizeVertical(
  rows: Uint8Array,
  taps: number,
  table: Int32Array,
  mean: readonly number[],
  std: readonly number[],
): Float64Array {
  const size = table.length / (taps + 2);
  const output = new Float64Array(3 * size * size);
  for (let i = 0; i < output.length; i++) {
    const [x, y, channel] = [i % size, Math.floor(i / size) % size, Math.floor(i / size / size)];
    const [first = 0, count = 0, ...weights] = table.subarray(y * (taps + 2), (y + 1) * (taps + 2));
    let sum = 0;
    for (let k = 0; k < count; k++) sum += (weights[k] ?? 0) * (rows[((first + k) * size + x) * 3 + channel] ?? 0);
    const value = Math.min(255, Math.max(0, Math.floor(sum / 2 ** 22 + 0.5)));
    output[i] = (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  }
  return output;
}
