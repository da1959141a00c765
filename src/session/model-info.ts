import type { Quantization } from "../library/types.ts";
import type { Assumptions } from "../model/assumptions.ts";
import type { FloatType } from "../onnx/onnx-graph.ts";

/** What the loaded model is. */
export type ModelInfo = {
  readonly name: string;
  readonly license: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly quantization: Quantization;
  /** Its key in the store; null where it was not stored. */
  readonly storedKey: string | null;
  /** SHA-256 of the index of its weights: what tells it from other models, and other versions of it. */
  readonly sha256: string;
  /** Sentences for the person about what loading it found, e.g. that nothing could be stored. */
  readonly notices: readonly string[];
  /** False for a model for text only, which can be chatted with (`Assistant.chat`) and watches nothing. */
  readonly sees: boolean;
  /** Side of the square picture the model sees, and of one patch, in pixels; 0 where it sees none, as below. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Visual tokens of one frame after merging, and patches before. */
  readonly tokensPerFrame: number;
  readonly patchesPerFrame: number;
  /** Bytes of the recurrent state, whatever the video's length. */
  readonly stateBytes: number;
  /** Sampling rate the model was trained at, frames a second. */
  readonly fps: number;
  /** Whether its prompt says how speech is read between frames (`WatchOptions.speech`). */
  readonly speech: boolean;
  /** What was kept after a check, and stands above what the model's files say. */
  readonly assumptions: Assumptions;
};

/** What computes. `encoder` is the backend in use, `encoderPrecision` what its products are computed in. */
export type AdapterInfo = {
  readonly description: string;
  readonly software: boolean;
  readonly encoder: "webgpu" | "wasm";
  readonly encoderPrecision: FloatType;
  /** Which kernels make the language model's products, and how they were chosen; for people. */
  readonly kernels: string;
};
