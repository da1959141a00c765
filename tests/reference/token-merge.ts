import type { Merge } from "./token-sort.ts";

/** Merged tokens [M, D] of one frame x [T, D] with `sizes` [T]. */
export function tokenMerge(x: Float32Array, sizes: readonly number[], merge: Merge): Float32Array {
  const width = x.length / sizes.length;
  const y = new Float32Array(merge.members.length * width);
  merge.members.forEach((members, token) => {
    const total = members.reduce((sum, t) => sum + (sizes[t] ?? 0), 0);
    for (let c = 0; c < width; c++) {
      const sum = members.reduce((partial, t) => partial + (sizes[t] ?? 0) * (x[t * width + c] ?? 0), 0);
      y[token * width + c] = sum / total;
    }
  });
  return y;
}
