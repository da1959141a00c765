import type { RnnReader } from "../../rnn/reader.ts";
import { memoryLeadIn, speechPrompt } from "../../text/prompt.ts";
import type { Rotation } from "../../video/frame-source.ts";
import type { Engine } from "../engine.ts";
import { createMutex } from "../flow.ts";
import type { FrameRecord } from "../types.ts";
import { createFrameEncoder, type EncodedBatch } from "./frame-encoder.ts";
import { createFrameSeeing } from "./frame-seeing.ts";
import { frameByteLength, frameRows } from "./frame-tokens.ts";
import type { ReadLine, SaidLine } from "./hearing.ts";
import { createSceneDetector } from "./scene-detector.ts";
import { createStateMeter } from "./state-meter.ts";
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
  /** Lines of speech that the state has read. */
  readonly lines: readonly ReadLine[];
  /** Takes lines of speech, which stand before the next frame that is added. */
  hear(lines: readonly SaidLine[]): void;
  /** Reads what was added since the last batch, and waits until all batches have been noted. */
  settle(): Promise<void>;
  /** The same, and the lines that no frame came behind. */
  finish(): Promise<void>;
  /** The state after all that was added, as bytes (`joinLayers`), once that is noted. */
  copyState(): Promise<StateCopy>;
  destroy(): void;
};

/** The state as bytes (`joinLayers`), and what it has read. */
type StateCopy = {
  readonly framesRead: number;
  readonly lines: readonly ReadLine[];
  readonly state: Uint8Array;
};

/** A batch that the state has read: its frames, their visual tokens as they are kept, and what was copied on the way. */
export type ReadBatch = {
  readonly records: readonly FrameRecord[];
  readonly tokens: Uint8Array;
  /** [F, C] of length 1, by which the frames are found; null where nothing seen is searched. */
  readonly vectors: Float32Array | null;
  readonly keyStates: readonly KeyState[];
  /** The frames with which a scene was found to have begun, the last one before this batch among them. */
  readonly sceneStarts: readonly number[];
};

/** A copy of the state after a frame. */
type KeyState = { readonly frame: number; readonly atSceneChange: boolean; readonly state: Uint8Array };

export type FrameReaderOptions = {
  /** Frames that the state has read already; none, and it is given the neutral lead-in first. */
  readonly framesRead: number;
  /** Lines of speech that it has read already. */
  readonly lines: readonly ReadLine[];
  /** Whether a key state is due after this frame, scene changes apart. */
  wantsKeyState(frame: number): boolean;
  /** Is told of each batch once the state has it, of one after the other. */
  note(batch: ReadBatch): Promise<void>;
};

type Pending = {
  readonly timestampSeconds: number;
  readonly thumbnail: Promise<Blob | null>;
  /** What was said before it. */
  readonly said: readonly SaidLine[];
};

/** A batch on its way out of the GPU. */
type Reading = {
  readonly frames: readonly Pending[];
  readonly first: number;
  readonly encoded: EncodedBatch;
  readonly distances: readonly number[];
  readonly sceneStarts: readonly number[];
  readonly changes: Promise<readonly number[]>;
  readonly keyStates: readonly Promise<KeyState>[];
};

/** Creates a reader of frames into the state of `reader`. */
export function createFrameReader(engine: Engine, reader: RnnReader, options: FrameReaderOptions): FrameReader {
  const { config, encoder } = engine;
  const { maxBatch, tokensPerFrame, patches } = encoder;
  const { before, betweenFrames } = memoryLeadIn(config.prompt, engine.tokenizer);
  const frameEncoder = createFrameEncoder(engine, createFrameSeeing(engine.search));
  const frameBytes = frameByteLength(engine);
  const batch: Pending[] = [];
  const lines = [...options.lines];
  let said: readonly SaidLine[] = [];
  /** Whether what stands between the last frame and the next was read already. */
  let readBehind = false;
  /** Whoever saves the memory does so while it is fed. */
  const turns = createMutex();
  let { framesRead } = options;
  let noted: Promise<void> = Promise.resolve();

  if (framesRead === 0) reader.read(Uint32Array.from(before));
  const meter = createStateMeter(engine, reader.state);
  const detector = createSceneDetector(engine);

  /** Frame by frame, so that the state is the same whatever was read at once, and can be copied after any of them. */
  function readBatch(frames: readonly Pending[], encoded: EncodedBatch): Reading {
    const first = framesRead;
    const keyStates: Promise<KeyState>[] = [];
    const distances: number[] = [];
    const sceneStarts: number[] = [];
    for (const [slot, { said }] of frames.entries()) {
      const { distance, confirmed } = detector.add(
        encoded.tokens.subarray(slot * frameBytes, (slot + 1) * frameBytes),
        encoded.owners.subarray(slot * patches, (slot + 1) * patches),
      );
      distances.push(distance);
      const last = framesRead - 1;
      if (confirmed) sceneStarts.push(last);
      // A key state has nothing of what stands behind its frame.
      const isDue = last >= 0 && !readBehind && (confirmed || options.wantsKeyState(last));
      if (isDue) keyStates.push(copyState(last, confirmed));
      const between = last < 0 || readBehind ? [] : readLines(said);
      readBehind = false;
      reader.read(frameRows(config.text.vocabSize, tokensPerFrame, slot, between), frameEncoder.table);
      meter.measure(slot);
      framesRead++;
    }
    return { frames, first, encoded, distances, sceneStarts, changes: meter.read(frames.length), keyStates };
  }

  /** The ids between the last frame and the next, between which this was said. */
  function readLines(said: readonly SaidLine[]): readonly number[] {
    lines.push(...said.map((line) => ({ ...line, before: framesRead })));
    const texts = said.map(({ text }) => text);
    return texts.length === 0 ? betweenFrames : speechPrompt(config.prompt, engine.tokenizer, texts);
  }

  async function copyState(frame: number, atSceneChange: boolean): Promise<KeyState> {
    return { frame, atSceneChange, state: await meter.copy() };
  }

  async function describe({ frames, first, encoded, distances, sceneStarts, ...read }: Reading): Promise<ReadBatch> {
    // All at once: what fails while another is waited for would be nobody's.
    const [thumbnails, changes, keyStates] = await Promise.all([
      Promise.all(frames.map(({ thumbnail }) => thumbnail)),
      read.changes,
      Promise.all(read.keyStates),
    ]);
    const records = frames.map(({ timestampSeconds }, i) => ({
      index: first + i,
      timestampSeconds,
      thumbnail: thumbnails[i] ?? null,
      owners: encoded.owners.slice(i * patches, (i + 1) * patches),
      change: changes[i] ?? 0,
      distance: distances[i] ?? 0,
    }));
    const { tokens, vectors } = encoded;
    return { records, sceneStarts, tokens, vectors, keyStates };
  }

  async function flush(): Promise<void> {
    const frames = batch.splice(0);
    if (frames.length === 0) return;
    const read = readBatch(frames, await frameEncoder.encode(frames.length));
    const previous = noted;
    const described = describe(read);
    noted = Promise.all([previous, described]).then(([, known]) => options.note(known));
    noted.catch(() => undefined); // reported by whoever waits next
    await previous; // one batch may be on its way while the next is prepared, no more
  }

  async function load(frame: VideoFrame, rotation: Rotation, timestampSeconds: number, mirrored: boolean) {
    try {
      const thumbnail = createThumbnail(frame, rotation, config.vision, mirrored);
      thumbnail.catch(() => undefined);
      await frameEncoder.load(frame, rotation, batch.length, mirrored);
      // Before the first frame, and behind one that was taken for the last, there is no place for speech.
      const hasPlace = framesRead + batch.length > 0 && !(readBehind && batch.length === 0);
      batch.push({ timestampSeconds, thumbnail, said: hasPlace ? said : [] });
      if (hasPlace) said = [];
    } finally {
      frame.close();
    }
    if (batch.length === maxBatch) await flush();
  }

  async function settle(): Promise<void> {
    await flush();
    await noted;
  }

  async function finish(): Promise<void> {
    await settle();
    if (said.length === 0 || framesRead === 0 || readBehind) return;
    reader.read(Uint32Array.from(readLines(said)));
    said = [];
    readBehind = true;
  }

  return {
    get framesRead() {
      return framesRead;
    },
    lines,
    hear(more) {
      said = [...said, ...more];
    },
    add: (frame, rotation, timestampSeconds, mirrored = false) =>
      turns.run(() => load(frame, rotation, timestampSeconds, mirrored)),
    settle: () => turns.run(settle),
    finish: () => turns.run(finish),
    copyState: () =>
      turns.run(async () => {
        await settle();
        return { framesRead, lines: [...lines], state: await meter.copy() };
      }),
    destroy() {
      frameEncoder.destroy();
      meter.destroy();
    },
  };
}
