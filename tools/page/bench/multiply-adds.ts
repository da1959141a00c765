import { type SeeingConfig, usedLayers } from "../../../src/model/config.ts";
import { patchCount } from "../../../src/vision/segments.ts";

/** The same model without token merging. */
export function withoutMerging(config: SeeingConfig): SeeingConfig {
  return { ...config, merge: { ...config.merge, r: config.merge.r.map(() => 0) } };
}

/** Multiply-adds of one frame in the ViT: patch embedding, and each block's projections, attention and MLP. */
export function multiplyAdds({ vision, merge }: Pick<SeeingConfig, "vision" | "merge">): number {
  const { hiddenSize: width, intermediateSize: inner, patchSize } = vision;
  let tokens = patchCount(vision);
  let sum = tokens * 3 * patchSize ** 2 * width;
  for (let block = 0; block < usedLayers(vision); block++) {
    sum += 4 * tokens * width ** 2 + 2 * tokens ** 2 * width; // query, key, value, output; logits and mixing
    tokens -= merge.r[block] ?? 0; // merging comes between attention and MLP
    sum += 2 * tokens * width * inner;
  }
  return sum;
}
