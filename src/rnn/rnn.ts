import { assert } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { createUniform } from "../gpu/uniform.ts";
import type { TextConfig } from "../model/config.ts";
import type { TensorSource } from "../model/tensors.ts";
import { createScratch, type Scratch } from "./scratch.ts";
import { loadRnnWeights, type RnnWeights } from "./weights.ts";

/** A loaded RWKV-6 or RWKV-7: weights and working memory, shared by any number of readers and writers. */
export type Rnn = {
  readonly config: TextConfig;
  readonly weights: RnnWeights;
  readonly scratch: Scratch;
  /** Uniform with the rows of the chunk being read, and one that always says 1. */
  readonly rows: GPUBuffer;
  readonly oneRow: GPUBuffer;
  destroy(): void;
};

/** Most tokens that go through the layers at once; a multiple of 64, so that parts of buffers start where bindings may. */
const maxChunkRows = 256;

/** Loads RWKV-6 or RWKV-7 onto the GPU. @throws AuroraError `ModelCorrupt` and the source's own errors */
export async function openRnn(
  gpu: Gpu,
  config: TextConfig,
  tensors: TensorSource,
  onTensor?: () => void,
): Promise<Rnn> {
  const weights = await loadRnnWeights(gpu, config, tensors, maxChunkRows, onTensor);
  const scratch = createScratch(gpu, config, maxChunkRows);
  const rows = createUniform(gpu, "rnn.rows", [1, 0, 0, 0]);
  const oneRow = createUniform(gpu, "rnn.one-row", [1, 0, 0, 0]);
  assert((maxChunkRows * 4) % gpu.device.limits.minStorageBufferOffsetAlignment === 0, "chunk rows must be aligned");
  return {
    config,
    weights,
    scratch,
    rows,
    oneRow,
    destroy() {
      weights.destroy();
      scratch.destroy();
      rows.destroy();
      oneRow.destroy();
    },
  };
}
