import type { TextConfig } from "../../src/model/config.ts";

/** A language model's sizes: those of its products, and the tokens that are read at once. */
export type Size = {
  readonly name: string;
  readonly config: TextConfig;
  readonly ranks: { readonly mix: number; readonly decay: number };
  /** Layers that the whole model is measured with. */
  readonly layers: number;
  readonly rows: readonly number[];
  /** Bytes of weights that a measurement goes through, so that they come from memory as in a whole model. */
  readonly weightBytes: number;
};

const head = { modelType: "rwkv6", headSize: 64 } as const;

const nano: Size = {
  name: "nano",
  config: { ...head, hiddenSize: 192, intermediateSize: 672, numHiddenLayers: 5, vocabSize: 1222 },
  ranks: { mix: 32, decay: 64 },
  layers: 5,
  rows: [93, 744],
  weightBytes: 0,
};

/** AuroraLong 2B's RWKV-6, of whose 24 layers four are measured. */
const large: Size = {
  name: "2B",
  config: { ...head, hiddenSize: 2048, intermediateSize: 7168, numHiddenLayers: 24, vocabSize: 65536 },
  ranks: { mix: 32, decay: 64 },
  layers: 4,
  rows: [93, 744],
  weightBytes: 256 << 20,
};

/** What an adapter that computes on the CPU gets through in the same time. */
const small: Size = {
  name: "small",
  config: { ...head, hiddenSize: 256, intermediateSize: 896, numHiddenLayers: 24, vocabSize: 2048 },
  ranks: { mix: 32, decay: 64 },
  layers: 1,
  rows: [24],
  weightBytes: 0,
};

export function sizesOf(isSmall: boolean): readonly Size[] {
  return isSmall ? [{ ...nano, rows: [24], layers: 1 }, small] : [nano, large];
}
