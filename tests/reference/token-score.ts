/** log softmax of each row [T, V] at its target, in double precision. */
export function tokenScore(logits: Float32Array, targets: Uint32Array): Float64Array {
  const vocab = logits.length / targets.length;
  return Float64Array.from(targets, (target, row) => {
    const values = Float64Array.from(logits.subarray(row * vocab, (row + 1) * vocab));
    const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    return (values[target] as number) - largest - Math.log(total);
  });
}
