import { AuroraError } from "../errors.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { selfTest } from "../kernels/self-test.ts";
import { readGpuLimits, smallerForm } from "../library/gpu-budget.ts";
import { keptKernels } from "../library/kept-kernels.ts";
import { createAssets } from "../library/model-assets.ts";
import { type OpenedModel, openModel } from "../library/open-model.ts";
import type { ModelConfig } from "../model/config.ts";
import { createFingerprint } from "../model/fingerprint.ts";
import type { ModelFolder } from "../model/model-folder.ts";
import { openRnn, type Rnn } from "../rnn/rnn.ts";
import { createRnnState, stateByteLength } from "../rnn/state.ts";
import { describeTuned, type Tuned, tuneRnn } from "../rnn/tuned-kernels.ts";
import { createRnnWriter } from "../rnn/writer.ts";
import { openTokenizer } from "../text/open-tokenizer.ts";
import { largestPromptId } from "../text/prompt.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { createEncoder, createNoEncoder, type Encoder } from "../vision/encoder.ts";
import { createPreprocessor } from "../vision/preprocess.ts";
import { createMutex, type Mutex } from "./flow.ts";
import { frameIndices } from "./memory/frame-tokens.ts";
import { createSearchSlot, type SearchSlot } from "./seeing/search-slot.ts";
import type { AdapterInfo, ModelInfo, OpenOptions } from "./types.ts";

/** A loaded model on the GPU: what all sessions of an assistant share. Needs no DOM. */
export type Engine = {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly encoder: Encoder;
  /** Held from `encoder.encode` until its outputs were submitted for reading: the next call overwrites them. */
  readonly encoding: Mutex;
  readonly rnn: Rnn;
  /** Where what finds frames by what is seen in them is put. */
  readonly search: SearchSlot;
  readonly model: ModelInfo;
  readonly adapter: AdapterInfo;
  /** What it was loaded from, to load parts of it in another way. */
  readonly source: Pick<ModelFolder, "json" | "tensors">;
  destroy(): Promise<void>;
};

/** How to open an engine. A folder's URL is absolute, or relative to whoever opens it. */
export type EngineOptions = OpenOptions & {
  /** The folder that the app's own files lie in (those of `public`); `location.href` unless given. */
  readonly appUrl?: string;
};

/**
 * Opens the GPU and loads a model onto it.
 *
 * @throws AuroraError `WebGpuUnavailable`, `AdapterTooSmall`, `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `DownloadFailed`, `StorageFull`, `OutOfMemory` or `Aborted`
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { signal, onProgress } = options;
  onProgress?.({ stage: "gpu", loadedBytes: 0, totalBytes: null });
  const gpu = await openGpu();
  try {
    await selfTest(gpu);
    const { model, appUrl = location.href } = options;
    const opened = await openModel(typeof model === "string" ? { kind: "folder", url: model } : model, {
      quantization: options.quantization ?? "auto",
      limits: readGpuLimits(gpu.device, gpu.adapter),
      assets: createAssets(appUrl, signal),
      onProgress,
      ...(signal ? { signal } : {}),
    });
    const { folder } = opened;
    try {
      await options.beforeLoading?.();
      signal?.throwIfAborted();
      onProgress?.({ stage: "prepare", loadedBytes: 0, totalBytes: folder.byteLength });
      const engine = await orOutOfMemory(gpu, folder, () => loadModel(gpu, opened, options));
      onProgress?.({ stage: "prepare", loadedBytes: folder.byteLength, totalBytes: folder.byteLength });
      return engine;
    } finally {
      opened.release();
    }
  } catch (error) {
    gpu.destroy();
    throw error;
  }
}

/** Runs `load` until memory runs out, and says then what would need less. */
async function orOutOfMemory<T>(gpu: Gpu, { config }: ModelFolder, load: () => Promise<T>): Promise<T> {
  const failed = gpu.failed.then((error) => {
    throw error;
  });
  try {
    return await Promise.race([load(), failed]);
  } catch (error) {
    // A RangeError is what the browser throws for an array or a mapped buffer that it has no memory for.
    const full = error instanceof RangeError || (error instanceof AuroraError && error.code === "OutOfMemory");
    if (!full) throw error;
    const smaller = smallerForm(config.quantization);
    const advice = smaller ? `Load it as ${smaller}, which needs less, or close` : "Choose a smaller model, or close";
    throw new AuroraError(
      "OutOfMemory",
      `There is too little graphics memory for ${config.name} as ${config.quantization}. ${advice} other tabs and programs that use the graphics card.`,
      error,
    );
  }
}

async function loadModel(gpu: Gpu, opened: OpenedModel, options: EngineOptions): Promise<Engine> {
  const { folder } = opened;
  const { config } = folder;
  const { signal } = options;
  const tokenizer = openTokenizer(config.tokenizer, folder.tokenizer);
  const largestId = Math.max(tokenizer.idLimit - 1, largestPromptId(config.prompt, tokenizer));
  if (largestId >= config.text.vocabSize) {
    throw new AuroraError(
      "ModelCorrupt",
      `The model's tokenizer has ids up to ${largestId}, its vocab_size is ${config.text.vocabSize}. Use another copy of the model.`,
    );
  }
  const fingerprint = createFingerprint(folder.tensors);
  const { tensors } = fingerprint;
  const backend = options.encoder ?? "auto";
  const encoder = config.vision
    ? await createEncoder(gpu, config, tensors, {
        backend,
        precision: options.encoderPrecision ?? "auto",
        maxBatch: config.sampling.maxBatch,
        ...(signal ? { signal } : {}),
      })
    : createNoEncoder(gpu, config, backend);
  const rnn = await openRnn(gpu, config.text, tensors, () => signal?.throwIfAborted());
  const tuned = await tuneRnn(gpu, rnn, options.kernels ?? "auto", keptKernels);
  const search = createSearchSlot();
  const engine: Engine = {
    gpu,
    config,
    tokenizer,
    encoder,
    encoding: createMutex(),
    rnn,
    search,
    model: describeModel(opened, encoder, await fingerprint.digest()),
    adapter: describeAdapter(gpu, encoder, tuned),
    source: { json: folder.json, tensors: folder.tensors },
    async destroy() {
      await search.set(null);
      rnn.destroy();
      await encoder.destroy();
      gpu.destroy();
    },
  };
  await warmUp(engine);
  return engine;
}

/** Runs every stage once on an empty picture, so that no kernel is compiled while a person waits for the first answer. */
async function warmUp(engine: Engine): Promise<void> {
  const { gpu, config, encoder, rnn, tokenizer } = engine;
  const preprocessor = config.vision && createPreprocessor(gpu, config.vision, encoder.maxBatch);
  const state = createRnnState(gpu, rnn.config, "warm-up");
  const writer = createRnnWriter(gpu, rnn, state, "warm-up", tokenizer.idLimit);
  try {
    if (preprocessor) {
      preprocessor.loadRgba(new Uint8Array(4 * 64), 8, 8, 0);
      const encoded = await encoder.encode(preprocessor.pixels, 1);
      writer.prompt(frameIndices(config.text.vocabSize, encoded.tokens, 1, [], true), encoded.visual);
    } else writer.prompt(Uint32Array.of(0));
    await writer.generate(1, { temperature: 0, topP: 1, random: Math.random });
  } finally {
    preprocessor?.destroy();
    writer.destroy();
    state.destroy();
  }
}

function describeModel({ folder, storedKey, notices }: OpenedModel, encoder: Encoder, sha256: string): ModelInfo {
  const { config, parameters, byteLength } = folder;
  return {
    name: config.name,
    license: config.license,
    parameters,
    bytes: byteLength,
    quantization: config.quantization,
    storedKey,
    sha256,
    notices,
    sees: config.vision !== null,
    imageSize: config.vision?.imageSize ?? 0,
    patchSize: config.vision?.patchSize ?? 0,
    tokensPerFrame: encoder.tokensPerFrame,
    patchesPerFrame: encoder.patches,
    stateBytes: stateByteLength(config.text),
    fps: config.sampling.fps,
    speech: config.prompt.speech !== null,
    assumptions: config.assumptions,
  };
}

function describeAdapter({ adapter }: Gpu, encoder: Encoder, tuned: Tuned): AdapterInfo {
  const description = adapter.description || `${adapter.vendor} ${adapter.architecture}`.trim() || "unknown adapter";
  const { backend, precision } = encoder;
  const { software } = adapter;
  return { description, software, encoder: backend, encoderPrecision: precision, kernels: describeTuned(tuned) };
}
