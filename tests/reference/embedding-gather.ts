/** Rows `indices` of a table [V, C], one after the other. */
export function embeddingGather(indices: Uint32Array, table: Float32Array, width: number): Float32Array {
  return Float32Array.from([...indices].flatMap((index) => [...table.subarray(index * width, (index + 1) * width)]));
}
