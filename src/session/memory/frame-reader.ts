import { runDispatches } from "../../gpu/record.ts";
import { createTensor, readBuffer } from "../../gpu/tensor.ts";
import { createUniform, writeUniform } from "../../gpu/uniform.ts";
import { packHalf } from "../../kernels/pack-half.ts";
import { rowStride } from "../../kernels/row-stride.ts";
import type { RnnReader } from "../../rnn/reader.ts";
import { memoryLeadIn } from "../../text/prompt.ts";
import type { Rotation } from "../../video/frame-source.ts";
import type { EncodedFrames } from "../../vision/encoder.ts";
import { createPreprocessor } from "../../vision/preprocess.ts";
import type { Engine } from "../engine.ts";
import type { FrameRecord } from "../types.ts";
import { frameByteLength, frameIndices } from "./frame-tokens.ts";
import { createThumbnail } from "./thumbnail.ts";

/** Reads frames into a state, a batch at a time. */
export type FrameReader = {
  /** Frames that the state has read. */
  readonly framesRead: number;
  /**
   * Takes one frame, which it closes, and reads the batch when it is full.
   *
   * @param rotation degrees clockwise that turn the frame upright
   * @param mirrored whether left and right are to be swapped after that
   */
  add(frame: VideoFrame, rotation: Rotation, timestampSeconds: number, mirrored?: boolean): Promise<void>;
  /** Reads what was added since the last batch, and waits until all batches have been noted. */
  settle(): Promise<void>;
  destroy(): void;
};

/** A batch that the state has read: its frames, and their visual tokens as they are kept. */
export type ReadBatch = { readonly records: readonly FrameRecord[]; readonly tokens: Uint8Array };

type Pending = { readonly timestampSeconds: number; readonly thumbnail: Promise<Blob | null> };

/**
 * Creates a reader of frames, and has `reader` read the neutral lead-in.
 *
 * @param note is told of each batch once the state has it, of one after the other
 */
export function createFrameReader(
  engine: Engine,
  reader: RnnReader,
  note: (batch: ReadBatch) => Promise<void>,
): FrameReader {
  const { gpu, config, encoder } = engine;
  const { maxBatch, tokensPerFrame, patches } = encoder;
  const stride = rowStride(config.text.hiddenSize);
  const preprocessor = createPreprocessor(gpu, config.vision, maxBatch);
  const table = createTensor(gpu, "session.visual", [maxBatch * tokensPerFrame, stride], "f16");
  const packCount = createUniform(gpu, "session.pack-count", [0]);
  const { before, betweenFrames } = memoryLeadIn(config.prompt, engine.tokenizer);
  const batch: Pending[] = [];
  let framesRead = 0;
  let noted: Promise<void> = Promise.resolve();

  reader.read(Uint32Array.from(before));

  /** What the state reads is what is kept: both are rounded to f16, so that reading again gives the same state. */
  function readBatch(encoded: EncodedFrames): void {
    writeUniform(gpu, packCount, [(encoded.frames * tokensPerFrame * stride) / 2]);
    runDispatches(gpu, [packHalf(gpu, { values: encoded.visual, packed: table, count: packCount })]);
    const { vocabSize } = config.text;
    reader.read(frameIndices(vocabSize, tokensPerFrame, encoded.frames, betweenFrames, framesRead === 0), table);
    framesRead += encoded.frames;
  }

  async function describe(
    frames: readonly Pending[],
    first: number,
    tokens: Promise<ArrayBuffer>,
    owners: Promise<ArrayBuffer>,
  ): Promise<ReadBatch> {
    const owned = Uint16Array.from(new Uint32Array(await owners));
    const thumbnails = await Promise.all(frames.map(({ thumbnail }) => thumbnail));
    const records = frames.map(({ timestampSeconds }, i) => ({
      index: first + i,
      timestampSeconds,
      thumbnail: thumbnails[i] ?? null,
      owners: owned.slice(i * patches, (i + 1) * patches),
    }));
    return { records, tokens: new Uint8Array(await tokens) };
  }

  async function flush(): Promise<void> {
    const frames = batch.splice(0);
    if (frames.length === 0) return;
    const first = framesRead;
    const [tokens, owners] = await engine.encoding.run(async () => {
      const encoded = await encoder.encode(preprocessor.pixels, frames.length);
      readBatch(encoded);
      return [
        readBuffer(gpu, table.buffer, frames.length * frameByteLength(engine)),
        readBuffer(gpu, encoded.owners.buffer, frames.length * patches * 4),
      ] as const;
    });
    const previous = noted;
    const described = describe(frames, first, tokens, owners);
    noted = Promise.all([previous, described]).then(([, read]) => note(read));
    noted.catch(() => undefined); // reported by whoever waits next
    await previous; // one batch may be on its way while the next is prepared, no more
  }

  return {
    get framesRead() {
      return framesRead;
    },
    async add(frame, rotation, timestampSeconds, mirrored = false) {
      try {
        const thumbnail = createThumbnail(frame, rotation, config.vision, mirrored);
        thumbnail.catch(() => undefined);
        await preprocessor.load(frame, rotation, batch.length, mirrored);
        batch.push({ timestampSeconds, thumbnail });
      } finally {
        frame.close();
      }
      if (batch.length === maxBatch) await flush();
    },
    async settle() {
      await flush();
      await noted;
    },
    destroy() {
      preprocessor.destroy();
      table.destroy();
      packCount.destroy();
    },
  };
}
