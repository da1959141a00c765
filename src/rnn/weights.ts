import type { Gpu } from "../gpu/device.ts";
import type { TablePiece } from "../kernels/embedding-gather.ts";
import type { LinearWeights } from "../kernels/linear-weights.ts";
import type { TextConfig } from "../model/config.ts";
import type { TensorSource } from "../model/tensors.ts";
import type { RnnLayers } from "./layers.ts";
import { createLoader, type Norm } from "./loader.ts";
import { loadRwkv6 } from "./rwkv6.ts";
import { loadRwkv7 } from "./rwkv7.ts";

/** All of an RWKV language model on the GPU. */
export type RnnWeights = {
  readonly embedding: readonly TablePiece[];
  readonly ln0: Norm;
  readonly layers: RnnLayers;
  readonly lnOut: Norm;
  /** [V, C] */
  readonly head: LinearWeights;
  destroy(): void;
};

/**
 * Reads RWKV's tensors in BlinkDL's names onto the GPU, one at a time.
 *
 * @param maxRows most tokens that will go through the layers at once
 * @param onTensor is told of each tensor that was read
 * @throws AuroraError `ModelCorrupt` for a missing tensor or a wrong shape
 */
export async function loadRnnWeights(
  gpu: Gpu,
  config: TextConfig,
  tensors: TensorSource,
  maxRows: number,
  onTensor?: () => void,
): Promise<RnnWeights> {
  const loader = createLoader(gpu, tensors, onTensor);
  try {
    const { hiddenSize: width, vocabSize } = config;
    const embedding = await loader.table("emb.weight", vocabSize, width);
    const ln0 = await loader.norm("blocks.0.ln0", width);
    const lnOut = await loader.norm("ln_out", width);
    const head = await loader.linear("head.weight", vocabSize, width);
    const loadLayers = { rwkv6: loadRwkv6, rwkv7: loadRwkv7 }[config.modelType];
    const layers = await loadLayers(gpu, loader, config, maxRows);
    return {
      embedding,
      ln0,
      layers,
      lnOut,
      head,
      destroy() {
        layers.destroy();
        loader.destroy();
      },
    };
  } catch (error) {
    loader.destroy();
    throw error;
  }
}
