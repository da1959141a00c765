import type { VisionConfig } from "../src/model/config.ts";

/** An encoder of no particular shape, for tests that care about some of its fields only. */
export const anyVision: VisionConfig = {
  imageSize: 16,
  patchSize: 4,
  hiddenSize: 8,
  intermediateSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 1,
  hiddenAct: "gelu",
  layerNormEps: 1e-6,
  blockNormEps: 1e-6,
  selectLayer: -1,
  postLayernorm: false,
  imageMean: [0.5, 0.5, 0.5],
  imageStd: [0.5, 0.5, 0.5],
  resample: "bicubic",
  fit: "crop",
  resizeEdge: null,
  rescaleFactor: 1 / 255,
  columnsFirst: true,
};
