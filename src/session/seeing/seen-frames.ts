/** Vectors of frames, [F, C] of length 1, by which they are found, with their seconds. */
export type SeenFrames = { readonly seconds: readonly number[]; readonly rows: Float32Array; readonly width: number };
