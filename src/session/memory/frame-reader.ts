import { runDispatches } from "../../gpu/record.ts";
import { createTensor, readBuffer, type Tensor } from "../../gpu/tensor.ts";
import { createUniform, writeUniform } from "../../gpu/uniform.ts";
import { packHalf } from "../../kernels/pack-half.ts";
import { rowStride } from "../../kernels/row-stride.ts";
import type { RnnStream } from "../../rnn/stream.ts";
import { memoryLeadIn } from "../../text/prompt.ts";
import type { EncodedFrames } from "../../vision/encoder.ts";
import { createPreprocessor } from "../../vision/preprocess.ts";
import type { Engine } from "../engine.ts";
import type { FrameRecord } from "../types.ts";
import { frameByteLength, frameIndices } from "./frame-tokens.ts";
import type { KeptTokens } from "./kept-tokens.ts";
import { createThumbnail } from "./thumbnail.ts";

/** Reads frames into a stream's state, a batch at a time, and keeps their tokens. */
export type FrameReader = {
  /** Frames that the state has read. */
  readonly framesRead: number;
  /**
   * Takes one frame, which it closes, and reads the batch when it is full.
   *
   * @param rotation degrees clockwise that turn the frame upright
   */
  add(frame: VideoFrame, rotation: 0 | 90 | 180 | 270, timestampSeconds: number): Promise<void>;
  /** Reads what was added since the last batch. */
  flush(): Promise<void>;
  /** Waits until all batches have been recorded. */
  settle(): Promise<void>;
  destroy(): void;
};

type Pending = { readonly timestampSeconds: number; readonly thumbnail: Promise<Blob | null> };

/**
 * Creates a reader into `stream`, and has it read the neutral lead-in.
 *
 * @param onFrames is told of each batch once the state has it and its tokens are kept
 */
export function createFrameReader(
  engine: Engine,
  stream: RnnStream,
  kept: KeptTokens,
  onFrames: (records: readonly FrameRecord[]) => void,
): FrameReader {
  const { gpu, config, encoder } = engine;
  const { maxBatch } = encoder;
  const { tokensPerFrame, patches } = encoder;
  const stride = rowStride(config.text.hiddenSize);
  const preprocessor = createPreprocessor(gpu, config.vision, maxBatch);
  const table = createTensor(gpu, "session.visual", [maxBatch * tokensPerFrame, stride], "f16");
  const packCount = createUniform(gpu, "session.pack-count", [0]);
  const { before, betweenFrames } = memoryLeadIn(config.prompt, engine.tokenizer);
  const batch: Pending[] = [];
  let framesRead = 0;
  let settled: Promise<void> = Promise.resolve();

  if (before.length > 0) stream.read(Uint32Array.from(before));

  /** What the state reads is what is kept: both are rounded to f16, so that reading again gives the same state. */
  function readBatch(encoded: EncodedFrames): void {
    writeUniform(gpu, packCount, [(encoded.frames * tokensPerFrame * stride) / 2]);
    runDispatches(gpu, [packHalf(gpu, { values: encoded.visual, packed: table, count: packCount })]);
    const indices = frameIndices(
      config.text.vocabSize,
      tokensPerFrame,
      encoded.frames,
      betweenFrames,
      framesRead === 0,
    );
    stream.read(indices, { visual: table });
    framesRead += encoded.frames;
  }

  async function record(
    frames: readonly Pending[],
    first: number,
    tokens: Promise<ArrayBuffer>,
    owners: Promise<ArrayBuffer>,
  ): Promise<void> {
    await kept.append(new Uint8Array(await tokens));
    const owned = Uint16Array.from(new Uint32Array(await owners));
    const thumbnails = await Promise.all(frames.map(({ thumbnail }) => thumbnail));
    onFrames(
      frames.map(({ timestampSeconds }, i) => ({
        index: first + i,
        timestampSeconds,
        thumbnail: thumbnails[i] ?? null,
        owners: owned.slice(i * patches, (i + 1) * patches),
      })),
    );
  }

  async function flush(): Promise<void> {
    const frames = batch.splice(0);
    if (frames.length === 0) return;
    const first = framesRead;
    const [tokens, owners] = await engine.encoding.run(async () => {
      const encoded = await encoder.encode(preprocessor.pixels, frames.length);
      readBatch(encoded);
      return [
        readHalves(engine, table, frames.length),
        readBuffer(gpu, encoded.owners.buffer, frames.length * patches * 4),
      ] as const;
    });
    const previous = settled;
    settled = Promise.all([previous, tokens, owners]).then(() => record(frames, first, tokens, owners));
    settled.catch(() => undefined); // reported by whoever waits next
    await previous; // one batch may be on its way while the next is prepared, no more
  }

  return {
    get framesRead() {
      return framesRead;
    },
    async add(frame, rotation, timestampSeconds) {
      try {
        const thumbnail = createThumbnail(frame, rotation, config.vision);
        thumbnail.catch(() => undefined);
        await preprocessor.load(frame, rotation, batch.length);
        batch.push({ timestampSeconds, thumbnail });
      } finally {
        frame.close();
      }
      if (batch.length === maxBatch) await flush();
    },
    flush,
    settle: () => settled,
    destroy() {
      preprocessor.destroy();
      table.destroy();
      packCount.destroy();
    },
  };
}

function readHalves(engine: Engine, table: Tensor, frames: number): Promise<ArrayBuffer> {
  return readBuffer(engine.gpu, table.buffer, frames * frameByteLength(engine));
}
