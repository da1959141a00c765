/**
 * Pillow's first pass: R, G, B bytes [H, W, 3] → [H, S, 3].
 *
 * @param table [S, 2 + taps]: first input pixel, number of weights, weights times 2²²
 */
export function resizeHorizontal(picture: Uint8Array, width: number, taps: number, table: Int32Array): Uint8Array {
  const size = table.length / (taps + 2);
  const height = picture.length / width / 3;
  const output = new Uint8Array(height * size * 3);
  for (let i = 0; i < output.length; i++) {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    const [first = 0, count = 0, ...weights] = table.subarray(x * (taps + 2), (x + 1) * (taps + 2));
    let sum = 0;
    for (let k = 0; k < count; k++) {
      sum += (weights[k] ?? 0) * (picture[(y * width + first + k) * 3 + channel] ?? 0);
    }
    output[i] = Math.min(255, Math.max(0, Math.floor(sum / 2 ** 22 + 0.5)));
  }
  return output;
}
