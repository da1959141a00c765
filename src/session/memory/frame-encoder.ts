import { runDispatches } from "../../gpu/record.ts";
import { createTensor, readBuffer, type Tensor } from "../../gpu/tensor.ts";
import { createUniform, writeUniform } from "../../gpu/uniform.ts";
import { packHalf } from "../../kernels/pack-half.ts";
import { rowStride } from "../../kernels/row-stride.ts";
import { seeing } from "../../model/config.ts";
import type { Rotation } from "../../video/frame-source.ts";
import { createPreprocessor } from "../../vision/preprocess.ts";
import type { Engine } from "../engine.ts";
import type { FrameSeeing } from "./frame-seeing.ts";
import { frameByteLength } from "./frame-tokens.ts";

/** Turns frames into the tokens that are read and kept, a batch at a time. */
export type FrameEncoder = {
  /** [maxBatch · M, rowStride(C)] f16: the tokens of the batch encoded last, valid until the next one. */
  readonly table: Tensor;
  /** Takes a frame as number `slot` of the batch; does not close it. */
  load(frame: VideoFrame, rotation: Rotation, slot: number, mirrored: boolean): Promise<void>;
  /** Encodes the first `count` frames into `table`. What the state reads is what is kept: both are rounded to f16. */
  encode(count: number): Promise<EncodedBatch>;
  destroy(): void;
};

/** A batch on the host, one frame after the other. */
export type EncodedBatch = {
  /** As `table` has them. */
  readonly tokens: Uint8Array;
  /** [F, N]: the token that each patch went into. */
  readonly owners: Uint16Array;
  /** [F, C] of length 1, by which the frames are found; null where nothing seen is searched. */
  readonly vectors: Float32Array | null;
};

/** @param search has the frames read for the search too; not unless given */
export function createFrameEncoder(engine: Engine, search?: FrameSeeing): FrameEncoder {
  const { gpu, config, encoder } = engine;
  const { maxBatch, tokensPerFrame, patches } = encoder;
  const stride = rowStride(config.text.hiddenSize);
  const preprocessor = createPreprocessor(gpu, seeing(config).vision, maxBatch);
  const table = createTensor(gpu, "session.visual", [maxBatch * tokensPerFrame, stride], "f16");
  const packCount = createUniform(gpu, "session.pack-count", [0]);
  return {
    table,
    async load(frame, rotation, slot, mirrored) {
      await preprocessor.load(frame, rotation, slot, mirrored);
      await search?.load(frame, rotation, slot, mirrored);
    },
    async encode(count) {
      const reads = await engine.encoding.run(async () => {
        const encoded = await encoder.encode(preprocessor.pixels, count);
        writeUniform(gpu, packCount, [(count * tokensPerFrame * stride) / 2]);
        runDispatches(gpu, [packHalf(gpu, { values: encoded.visual, packed: table, count: packCount })]);
        const pooled = (await search?.pool(encoded)) ?? null;
        return [
          pooled,
          readBuffer(gpu, table.buffer, count * frameByteLength(engine)),
          readBuffer(gpu, encoded.owners.buffer, count * patches * 4),
        ] as const;
      });
      const [pooled, tokens, owners] = await Promise.all(reads);
      const vectors = pooled ?? (await search?.encode(count)) ?? null;
      return { tokens: new Uint8Array(tokens), owners: Uint16Array.from(new Uint32Array(owners)), vectors };
    },
    destroy() {
      preprocessor.destroy();
      search?.destroy();
      table.destroy();
      packCount.destroy();
    },
  };
}
