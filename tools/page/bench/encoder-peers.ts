import type { Gpu } from "../../../src/gpu/device.ts";
import { createTensor, readBuffer, type Tensor } from "../../../src/gpu/tensor.ts";
import { rowStride } from "../../../src/kernels/row-stride.ts";
import type { SeeingConfig } from "../../../src/model/config.ts";
import type { TensorSource } from "../../../src/model/tensors.ts";
import type { FloatType } from "../../../src/onnx/onnx-graph.ts";
import { createOrtSession } from "../../../src/onnx/ort-session.ts";
import { loadRuntime } from "../../../src/onnx/runtime.ts";
import type { EncoderBackend, EncoderPrecision } from "../../../src/session/types.ts";
import { createEncoder, placeEncoder } from "../../../src/vision/encoder.ts";
import { buildSegment, patchCount, planSegments } from "../../../src/vision/segments.ts";
import { createWeightReader } from "../../../src/vision/weights.ts";
import { type Figure, median, notMeasured, randomFloats, timed, timeRatio } from "./measure.ts";
import { syntheticEncoder } from "./merging.ts";
import { withoutMerging } from "./multiply-adds.ts";
import { siglipLarge } from "./siglip-large.ts";

const rounds = 5;

/** What is encoded, and where. */
type Case = {
  readonly config: SeeingConfig;
  readonly tensors: TensorSource;
  readonly backend: "webgpu" | "wasm";
  readonly precision: FloatType;
  readonly pixels: Tensor;
};

/** An encoder that is loaded: encodes the pictures once, until the first numbers of the result are there. */
type Loaded = { run(): Promise<void>; close(): Promise<void> };
type Engine = { readonly name: string; readonly what: string; load(gpu: Gpu, given: Case): Promise<Loaded> };

const engines: readonly Engine[] = [
  { name: "ours", what: "ours, with merging", load: loadOurs },
  { name: "ort", what: "onnxruntime-web, one session of the whole graph without merging", load: loadWhole },
  {
    name: "transformers-js",
    what: "transformers.js's SiglipVisionModel of the same graph without merging",
    load: loadTransformers,
  },
];

/**
 * The encoder with its merging against other engines on the whole SigLIP without: the same random weights, back-end and type of numbers.
 * The larger one, AuroraLong 2B's, only where a GPU computes.
 */
export async function benchEncoderPeers(
  gpu: Gpu,
  base: SeeingConfig,
  wanted: { readonly backend: EncoderBackend; readonly precision: EncoderPrecision },
): Promise<Figure[]> {
  const { backend, precision } = placeEncoder(gpu, wanted);
  const figures: Figure[] = [];
  const { adapter } = gpu;
  const where = adapter.description || `${adapter.vendor} ${adapter.architecture}`.trim();
  const cases = [
    { suffix: "-196-tokens", about: "random ViT, width 384, 8 layers, 4 frames at once", ...syntheticEncoder(base) },
    { suffix: "-siglip-l", about: "SigLIP-L, 576 tokens, a frame at once", ...siglipLarge(base) },
  ];
  for (const { suffix, about, config, tensors } of cases) {
    const { imageSize } = config.vision;
    const { maxBatch } = config.sampling;
    if (suffix === "-siglip-l" && backend === "wasm") continue;
    const shape = [maxBatch, 3, imageSize, imageSize];
    const pixels = createTensor(gpu, "bench.pixels", shape, "f32", randomFloats(maxBatch * 3 * imageSize ** 2, 1, 1));
    const note = `${about}, random weights, on ${backend} in ${precision}, ${where}`;
    figures.push(
      ...(await compare(gpu, { config, tensors, backend, precision, pixels }, suffix, note, suffix === "-196-tokens")),
    );
    pixels.destroy();
  }
  return figures;
}

async function compare(gpu: Gpu, given: Case, suffix: string, note: string, together: boolean): Promise<Figure[]> {
  const measured = together ? await timeInTurn(gpu, given) : await timeOneByOne(gpu, given);
  const [own] = measured;
  return measured.flatMap((times, i) => {
    const { name, what } = engines[i] as Engine;
    const id = `encode-ms-${name}${suffix}`;
    if (!Array.isArray(times)) return [notMeasured(id, "ms", times)];
    const each = median(times) / (given.pixels.shape[0] ?? 1);
    const figures = [{ id, value: each, unit: "ms", note: `a frame, ${what}; ${note}; median of ${rounds}` }];
    if (i === 0 || !Array.isArray(own)) return figures;
    const ratio = { id: `encode-vs-${name}${suffix}`, value: timeRatio(times, own), unit: "×" };
    return [...figures, { ...ratio, note: `their time over ours; ${note}` }];
  });
}

/** Milliseconds of each engine's runs, or why there are none. One engine at a time: two might not fit into memory. */
async function timeOneByOne(gpu: Gpu, given: Case): Promise<(number[] | Error)[]> {
  const measured: (number[] | Error)[] = [];
  for (const { what, load } of engines) {
    console.info(`  ${what}`);
    const loaded = await load(gpu, given).catch(toError);
    measured.push(loaded instanceof Error ? loaded : await timeRuns([loaded]).then(([times]) => times ?? []));
    if (!(loaded instanceof Error)) await loaded.close();
  }
  return measured;
}

/** The same, in turn. */
async function timeInTurn(gpu: Gpu, given: Case): Promise<(number[] | Error)[]> {
  const loaded: (Loaded | Error)[] = [];
  for (const { load } of engines) loaded.push(await load(gpu, given).catch(toError));
  const open = loaded.filter((each): each is Loaded => !(each instanceof Error));
  const times = await timeRuns(open);
  for (const each of open) await each.close();
  return loaded.map((each) => (each instanceof Error ? each : (times[open.indexOf(each)] ?? [])));
}

/** Each one's milliseconds, once warm; an engine that fails is not run again. */
async function timeRuns(engines: readonly Loaded[]): Promise<(number[] | Error)[]> {
  const times = engines.map((): number[] | Error => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, engine] of engines.entries()) {
      const so = times[i];
      if (!Array.isArray(so)) continue;
      const taken = await timed(() => engine.run()).catch(toError);
      if (taken instanceof Error) times[i] = taken;
      else if (round >= 0) so.push(taken);
    }
  }
  return times;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function loadOurs(gpu: Gpu, { config, tensors, backend, precision, pixels }: Case): Promise<Loaded> {
  const [frames = 1] = pixels.shape;
  const encoder = await createEncoder(gpu, config, tensors, { backend, precision, maxBatch: frames });
  return {
    async run() {
      const { visual } = await encoder.encode(pixels, frames);
      await readBuffer(gpu, visual.buffer, 16);
    },
    close: () => encoder.destroy(),
  };
}

/** The whole graph without merging, from `pixels` to `visual`, with the connector as ours has it. */
async function buildWhole({ config, tensors, precision }: Case): Promise<Uint8Array<ArrayBuffer>> {
  const unmerged = withoutMerging(config);
  const [whole, ...more] = planSegments(unmerged, Number.POSITIVE_INFINITY);
  if (!whole || more.length > 0) throw new Error("the graph was cut");
  return buildSegment(unmerged, createWeightReader(tensors, {}), whole, precision);
}

async function loadWhole(gpu: Gpu, given: Case): Promise<Loaded> {
  const { config, backend, pixels } = given;
  const [frames = 1] = pixels.shape;
  const { vision, text } = config;
  const tokens = patchCount(vision);
  const names = { label: "bench.whole", what: "whole encoder" };
  const session = await createOrtSession(gpu, backend, await buildWhole(given), names);
  const merged = createTensor(gpu, "bench.merged", [frames, tokens, vision.hiddenSize], "f32");
  const visual = createTensor(gpu, "bench.visual", [frames * tokens, rowStride(text.hiddenSize)], "f32");
  const [input, ...outputs] = [pixels, merged, visual].map((tensor) => ({ tensor, shape: tensor.shape }));
  return {
    async run() {
      const [first, second] = outputs as [Bound, Bound];
      await session.run({ pixels: input as Bound }, { merged: first, visual: second });
      await readBuffer(gpu, visual.buffer, 16);
    },
    async close() {
      for (const tensor of [merged, visual]) tensor.destroy();
      await session.release();
    },
  };
}

type Bound = { readonly tensor: Tensor; readonly shape: readonly number[] };

/** As its users have it: pictures from the host's memory, and the result there. */
async function loadTransformers(gpu: Gpu, given: Case): Promise<Loaded> {
  const { backend, pixels, precision } = given;
  // It takes the onnxruntime that it finds under this name, else one without WebGPU here.
  const ort = await loadRuntime(backend);
  Object.assign(globalThis, { [Symbol.for("onnxruntime")]: ort });
  const { SiglipVisionModel, Tensor: HostTensor, env } = await import("@huggingface/transformers");
  const model = new Blob([await buildWhole(given)]);
  const files: Record<string, () => Promise<BodyInit>> = {
    "config.json": async () => JSON.stringify({ model_type: "siglip_vision_model" }),
    "onnx/vision_model.onnx": () => model.arrayBuffer(),
  };
  Object.assign(env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    localModelPath: "/peers/",
    useBrowserCache: false,
    useWasmCache: false,
    fetch: async (address: string | URL) => {
      const file = files[String(address).split("/peers/siglip/")[1] ?? ""];
      return file ? new Response(await file()) : new Response(null, { status: 404 });
    },
  });
  ort.env.wasm.numThreads = 1;
  const provider = backend === "webgpu" ? { name: "webgpu", device: gpu.device } : "wasm";
  const tower = await SiglipVisionModel.from_pretrained("siglip", {
    device: "auto",
    dtype: "fp32", // the name of the file; its numbers are as given
    session_options: { executionProviders: [provider], logSeverityLevel: 3 },
  } as object);
  const picture = new Float32Array(await readBuffer(gpu, pixels.buffer, pixels.byteLength));
  const input = new HostTensor("float32", picture, [...pixels.shape]);
  return {
    async run() {
      const result = (await tower({ pixels: input })) as Record<string, { data: Float32Array }>;
      if (!Number.isFinite(result.visual?.data[0])) throw new Error(`transformers.js gave no ${precision} numbers`);
    },
    close: async () => void (await tower.dispose()),
  };
}
