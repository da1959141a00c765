import { rowStride } from "../../kernels/row-stride.ts";

/** The sizes that frames' tokens follow from; an engine has them. */
type TokenSizes = {
  readonly encoder: { readonly tokensPerFrame: number };
  readonly config: { readonly text: { readonly hiddenSize: number } };
};

/** Numbers of a stream's input after the vocabulary: row i of the visual table. Frames are separated by `between`. */
export function frameIndices(
  vocab: number,
  rows: number,
  frames: number,
  between: readonly number[],
  first: boolean,
): Uint32Array {
  const indices: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    if (!(first && frame === 0)) indices.push(...between);
    for (let row = 0; row < rows; row++) indices.push(vocab + frame * rows + row);
  }
  return Uint32Array.from(indices);
}

/** The same for the frame at place `slot` of the table alone; `between` stands before it. */
export function frameRows(vocab: number, rows: number, slot: number, between: readonly number[]): Uint32Array {
  const indices = [...between];
  for (let row = 0; row < rows; row++) indices.push(vocab + slot * rows + row);
  return Uint32Array.from(indices);
}

/** Bytes of one frame's visual tokens as they are kept: f16 rows `rowStride(C)` apart. */
export function frameByteLength({ encoder, config }: TokenSizes): number {
  return encoder.tokensPerFrame * rowStride(config.text.hiddenSize) * 2;
}
