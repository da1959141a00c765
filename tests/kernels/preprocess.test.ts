import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { Gpu } from "../../src/gpu/device.ts";
import { readFloats } from "../../src/gpu/tensor.ts";
import { parseConfig, seeing, type VisionConfig } from "../../src/model/config.ts";
import { describePreprocessing } from "../../src/model/layouts/preprocessing.ts";
import { createPreprocessor, type Preprocessor } from "../../src/vision/preprocess.ts";
import { testGpu } from "../gpu.ts";
import { anyVision } from "../vision-config.ts";

type PillowCase = Pick<VisionConfig, "resample" | "fit"> & {
  readonly picture: "noise" | "gradient";
  readonly width: number;
  readonly height: number;
  readonly size: number;
  /** Base64 of [S, S, 3] bytes. */
  readonly rgb: string;
};

const folder = new URL("../fixtures/preprocess/", import.meta.url);
const unzip = (name: string) => gunzipSync(readFileSync(new URL(name, folder)));
const pillow: { mean: [number, number, number]; cases: PillowCase[] } = JSON.parse(unzip("pillow.json.gz").toString());

const encoderOf24 = {
  patch_size: 8,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  select_layer: -1,
};
const restOfConfig = {
  text_config: { model_type: "rwkv6", hidden_size: 64, num_hidden_layers: 1, vocab_size: 9 },
  prompt: { sandwich: { after: "{question}" }, memory: { after: "{question}" }, stop_ids: [0] },
};

let live: Preprocessor | null = null;

function open(gpu: Gpu, changes: Partial<VisionConfig>, maxBatch = 1): Preprocessor {
  live = createPreprocessor(gpu, { ...anyVision, ...changes }, maxBatch);
  return live;
}

afterEach(() => {
  live?.destroy();
  live = null;
});

/** The pictures of training/fixtures/pictures.py, with an alpha that must not matter. */
function draw({ picture, width, height }: Pick<PillowCase, "picture" | "width" | "height">): Uint8Array {
  let state = width * 65536 + height;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  const bytes = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const across = Math.floor((255 * x) / Math.max(width - 1, 1));
    const down = Math.floor((255 * y) / Math.max(height - 1, 1));
    const checker = ((Math.floor(x / 3) + Math.floor(y / 3)) % 2) * 255;
    bytes.set(picture === "noise" ? [next(), next(), next()] : [across, down, checker], i * 4);
    bytes[i * 4 + 3] = i % 256;
  }
  return bytes;
}

/** [3, S, S] values as the bytes [S, S, 3] that they come from; throws where one comes from no byte. */
function toBytes(pixels: Float32Array, mean: readonly number[], std: readonly number[]): Uint8Array {
  const area = pixels.length / 3;
  return Uint8Array.from({ length: pixels.length }, (_, i) => {
    const value = pixels[(i % 3) * area + Math.floor(i / 3)] ?? Number.NaN;
    const exact = (value * (std[i % 3] ?? 0) + (mean[i % 3] ?? 0)) * 255;
    const byte = Math.round(exact);
    if (!(Math.abs(exact - byte) < 1e-4)) throw new Error(`${exact} is not a whole number`);
    return byte;
  });
}

describe.each(["crop", "stretch", "letterbox"] as const)("%s has the bits of Pillow's", (fit) => {
  const cases = pillow.cases.filter((one) => one.fit === fit);
  it.each(cases)("$resample of $picture, $width × $height to $size", async (one) => {
    const gpu = await testGpu();
    const imageStd = [0.26862954, 0.26130258, 0.27577711] as const;
    const { resample, size: imageSize } = one;
    const preprocessor = open(gpu, { resample, fit, imageSize, imageMean: pillow.mean, imageStd });
    preprocessor.loadRgba(draw(one), one.width, one.height, 0);
    const pixels = await readFloats(gpu, preprocessor.pixels);
    expect(toBytes(pixels, pillow.mean, imageStd)).toEqual(new Uint8Array(Buffer.from(one.rgb, "base64")));
  });
});

type ProcessorCase = Pick<PillowCase, "picture" | "width" | "height"> & {
  readonly config: Record<string, unknown>;
  /** Base64 of [3, 24, 24] f32. */
  readonly pixels: string;
};

/** What transformers' processors make of pictures; by training/fixtures/make_processors.py. */
const processors: ProcessorCase[] = JSON.parse(unzip("processors.json.gz").toString());

it.each(processors)("$config makes of $picture, $width × $height, what transformers makes", async (one) => {
  const gpu = await testGpu();
  const settings = describePreprocessing(one.config, { imageSize: 24, patchSize: 8, pads: false });
  const json = { model_type: "auroralong", vision_config: { ...encoderOf24, ...settings }, ...restOfConfig };
  const preprocessor = open(gpu, seeing(parseConfig(json)).vision);
  preprocessor.loadRgba(draw(one), one.width, one.height, 0);
  const pixels = await readFloats(gpu, preprocessor.pixels);
  const expected = Buffer.from(one.pixels, "base64");
  expect(pixels.length * 4).toBe(expected.length);
  // In units of the largest value, which is 255 where nothing is rescaled.
  const worst = pixels.reduce((most, value, i) => {
    const theirs = expected.readFloatLE(i * 4);
    return Math.max(most, Math.abs(value - theirs) / Math.max(4, Math.abs(theirs)));
  }, 0);
  expect(worst).toBeLessThanOrEqual(2.5e-7);
});

type ReleasedCase = ProcessorCase & { readonly model: string; readonly step: number };

/** The same of the files of released models, at their size; of [3, 384, 384] every `step`th value. */
const released: ReleasedCase[] = JSON.parse(unzip("released-processors.json.gz").toString());

it.each(released)("$model: of $picture, $width × $height, what transformers makes", async (one) => {
  const gpu = await testGpu();
  const settings = describePreprocessing(one.config, { imageSize: 384, patchSize: 16, pads: false });
  const json = {
    model_type: "auroralong",
    vision_config: { ...encoderOf24, patch_size: 16, ...settings },
    ...restOfConfig,
  };
  const preprocessor = open(gpu, seeing(parseConfig(json)).vision);
  preprocessor.loadRgba(draw(one), one.width, one.height, 0);
  const pixels = await readFloats(gpu, preprocessor.pixels);
  const expected = Buffer.from(one.pixels, "base64");
  expect(expected.length / 4).toBe(Math.ceil(pixels.length / one.step));
  let worst = 0;
  for (let at = 0; at * 4 < expected.length; at++)
    worst = Math.max(worst, Math.abs((pixels[at * one.step] as number) - expected.readFloatLE(at * 4)));
  expect(worst).toBeLessThanOrEqual(1e-6);
});

it("makes of a clip's frame the pixels that training made of it", async () => {
  const gpu = await testGpu();
  const { width, height, size } = JSON.parse(readFileSync(new URL("frame.json", folder), "utf8"));
  const rgb = unzip("frame.rgb.gz");
  const expected = unzip("frame.pixels.gz");
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) rgba.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
  const preprocessor = open(gpu, { imageSize: size });
  preprocessor.loadRgba(rgba, width, height, 0);
  const pixels = await readFloats(gpu, preprocessor.pixels);
  const worst = pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.readFloatLE(i * 4))), 0);
  expect(pixels.length * 4).toBe(expected.length);
  expect(worst).toBeLessThanOrEqual(1e-6);
});

it("keeps the other pictures of a batch, and follows a change of size", async () => {
  const gpu = await testGpu();
  const preprocessor = open(gpu, {}, 3);
  const pictures = [
    [20, 30],
    [64, 48],
    [20, 30],
  ].map(([width = 0, height = 0], slot) => ({
    width,
    height,
    slot: 2 - slot,
    bytes: draw({ picture: slot === 0 ? "noise" : "gradient", width, height }),
  }));
  for (const { bytes, width, height, slot } of pictures) preprocessor.loadRgba(bytes, width, height, slot);
  const together = await readFloats(gpu, preprocessor.pixels);
  const one = together.length / 3;
  for (const { bytes, width, height, slot } of pictures) {
    const alone = createPreprocessor(gpu, anyVision, 1);
    alone.loadRgba(bytes, width, height, 0);
    expect(together.subarray(slot * one, (slot + 1) * one)).toEqual(await readFloats(gpu, alone.pixels));
    alone.destroy();
  }
});

it("holds no more buffers after many sizes than after one, and none in the end", async () => {
  const gpu = await testGpu();
  const before = { ...gpu.ledger };
  const preprocessor = open(gpu, {}, 2);
  preprocessor.loadRgba(draw({ picture: "noise", width: 33, height: 21 }), 33, 21, 0);
  const first = { ...gpu.ledger };
  for (const width of [5, 90, 17, 33]) {
    const bytes = draw({ picture: "noise", width, height: 21 });
    for (const slot of [0, 1]) preprocessor.loadRgba(bytes, width, 21, slot);
  }
  expect(gpu.ledger).toEqual(first);
  preprocessor.destroy();
  expect(gpu.ledger).toEqual(before);
});

it("refuses a picture that no binding of the adapter can hold, and goes on with the next", async () => {
  const gpu = await testGpu();
  live = createPreprocessor({ ...gpu, maxBindingBytes: 4096 }, anyVision, 1);
  const [bytes, small] = [new Uint8Array(64 * 64 * 4), new Uint8Array(8 * 8 * 4).fill(255)];
  const { loadRgba, pixels } = live;
  expect(() => loadRgba(bytes, 64, 64, 0)).toThrow(expect.objectContaining({ code: "VideoUnreadable" }));
  loadRgba(small, 8, 8, 0);
  expect((await readFloats(gpu, pixels)).every((value) => value === 1)).toBe(true);
});
