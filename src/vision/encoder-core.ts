import type { Tensor } from "../gpu/tensor.ts";

/** Where an encoder puts what it computes of a batch; see `EncodedFrames`. */
export type EncoderTensors = {
  readonly merged: Tensor;
  readonly visual: Tensor;
  /** All ones at first, as where nothing merges. */
  readonly sizes: Tensor;
  /** Of what is where nothing merges, at first. */
  readonly owners: Tensor;
};

/** What computes, on one back-end or the other. */
export type EncoderCore = {
  /** Fills the tensors from the first `frames` pictures of `pixels`. One call at a time. */
  run(pixels: Tensor, frames: number): Promise<void>;
  destroy(): Promise<void>;
};
