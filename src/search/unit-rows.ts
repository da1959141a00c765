/** Makes each row [width] of some a vector of length 1, in place. */
export function toUnitRows(rows: Float32Array, width: number): Float32Array {
  for (let begin = 0; begin < rows.length; begin += width) {
    const row = rows.subarray(begin, begin + width);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
    row.forEach((value, i) => {
      row[i] = value / length;
    });
  }
  return rows;
}
