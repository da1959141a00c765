import { AuroraError } from "../../src/errors.ts";
import { readBuffer, readFloats } from "../../src/gpu/tensor.ts";
import { rowStride } from "../../src/kernels/row-stride.ts";
import { seeing } from "../../src/model/config.ts";
import { type NamedTensor, writeSafetensors } from "../../src/model/safetensors-writer.ts";
import { createRnnState, readRnnState } from "../../src/rnn/state.ts";
import { createRnnWriter, type RnnWriter } from "../../src/rnn/writer.ts";
import { type Engine, openEngine } from "../../src/session/engine.ts";
import { frameIndices } from "../../src/session/memory/frame-tokens.ts";
import type { EncoderBackend } from "../../src/session/types.ts";
import { openVideo } from "../../src/video/open-video.ts";
import { createPreprocessor, type Preprocessor } from "../../src/vision/preprocess.ts";
import { download } from "./ask.ts";

export type DumpCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  readonly promptIds: readonly number[];
};

/** Computes the intermediate tensors of pictures and prompt ids, and downloads them as a safetensors file. */
export async function dump(command: DumpCommand, pictures: readonly File[]): Promise<{ readonly tensors: number }> {
  const { model, encoder } = command;
  const engine = await openEngine({ model, encoder, encoderPrecision: "f32" });
  const tensors = await dumpTensors(engine, pictures, command.promptIds);
  await engine.destroy();
  download(new Blob([writeSafetensors(tensors)]), "dump.safetensors");
  return { tensors: tensors.length };
}

/**
 * `pixels [F,3,S,S]`, `merged [F,M,D]`, `sizes [F,M]`, `visual [F,M,C]`, then, after a fresh state has read all visual rows and
 * the prompt ids, `logits [V]` and `state.N [2 + head size, C]`.
 */
export async function dumpTensors(
  engine: Engine,
  pictures: readonly Blob[],
  promptIds: readonly number[],
): Promise<NamedTensor[]> {
  const { gpu, config, encoder, rnn } = engine;
  const { vocabSize, headSize, hiddenSize } = config.text;
  const { vision } = seeing(config);
  const wrong = promptIds.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong !== undefined)
    throw new AuroraError(
      "ModelUnsupported",
      `The prompt id ${wrong} is not in the model's vocabulary of ${vocabSize}.`,
    );
  const preprocessor = createPreprocessor(gpu, vision, encoder.maxBatch);
  const state = createRnnState(gpu, config.text, "dump");
  const writer = createRnnWriter(gpu, rnn, state, "dump");
  const parts: Parts[] = [];
  for (let first = 0; first < pictures.length; first += encoder.maxBatch) {
    parts.push(await dumpBatch(engine, preprocessor, writer, pictures.slice(first, first + encoder.maxBatch)));
  }
  if (promptIds.length > 0) writer.prompt(Uint32Array.from(promptIds));
  const logits = await writer.readLogits();
  const states = await readRnnState(gpu, config.text, state);
  preprocessor.destroy();
  writer.destroy();
  state.destroy();
  const frames = pictures.length;
  const [size, tokens] = [vision.imageSize, encoder.tokensPerFrame];
  return [
    { name: "pixels", shape: [frames, 3, size, size], data: join(parts.map((part) => part.pixels)) },
    { name: "merged", shape: [frames, tokens, vision.hiddenSize], data: join(parts.map((part) => part.merged)) },
    { name: "sizes", shape: [frames, tokens], data: join(parts.map((part) => part.sizes)) },
    { name: "visual", shape: [frames, tokens, hiddenSize], data: join(parts.map((part) => part.visual)) },
    { name: "logits", shape: [vocabSize], data: logits },
    ...states.map((data, n) => ({ name: `state.${n}`, shape: [2 + headSize, hiddenSize], data })),
  ];
}

type Parts = {
  readonly pixels: Float32Array;
  readonly merged: Float32Array;
  readonly sizes: Float32Array;
  readonly visual: Float32Array;
};

async function dumpBatch(
  engine: Engine,
  preprocessor: Preprocessor,
  writer: RnnWriter,
  pictures: readonly Blob[],
): Promise<Parts> {
  const { gpu, config, encoder } = engine;
  const { vision } = seeing(config);
  const frames = pictures.length;
  for (const [slot, picture] of pictures.entries()) await loadPicture(preprocessor, picture, slot);
  const encoded = await encoder.encode(preprocessor.pixels, frames);
  writer.prompt(frameIndices(config.text.vocabSize, encoded.tokens, frames, [], true), encoded.visual);
  const stride = rowStride(config.text.hiddenSize);
  const floats = async (buffer: GPUBuffer, count: number) => new Float32Array(await readBuffer(gpu, buffer, count * 4));
  const padded = await floats(encoded.visual.buffer, frames * encoded.tokens * stride);
  const pixels = await readFloats(gpu, preprocessor.pixels);
  return {
    pixels: pixels.slice(0, frames * 3 * vision.imageSize ** 2),
    merged: await floats(encoded.merged.buffer, frames * encoded.tokens * vision.hiddenSize),
    sizes: await floats(encoded.sizes.buffer, frames * encoded.tokens),
    visual: withoutGaps(padded, config.text.hiddenSize, stride),
  };
}

async function loadPicture(preprocessor: Preprocessor, picture: Blob, slot: number): Promise<void> {
  const video = await openVideo(picture);
  for await (const { frame, rotation, mirrored } of video.frames({ frames: 1 }, {})) {
    try {
      await preprocessor.load(frame, rotation, slot, mirrored);
    } finally {
      frame.close();
    }
  }
  video.close();
}

function withoutGaps(padded: Float32Array, width: number, stride: number): Float32Array {
  return join(
    Array.from({ length: padded.length / stride }, (_, row) => padded.subarray(row * stride, row * stride + width)),
  );
}

function join(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
