import { AuroraError } from "../errors.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { selfTest } from "../kernels/self-test.ts";
import type { ModelConfig } from "../model/config.ts";
import { type ModelFolder, openModelFolder } from "../model/model-folder.ts";
import { openRnn, type Rnn } from "../rnn/rnn.ts";
import { stateByteLength } from "../rnn/state.ts";
import { openTokenizer } from "../text/open-tokenizer.ts";
import { largestPromptId } from "../text/prompt.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { createEncoder, type Encoder } from "../vision/encoder.ts";
import { createMutex, type Mutex } from "./mutex.ts";
import type { AdapterInfo, ModelInfo, OpenOptions } from "./types.ts";
import { warmUp } from "./warm-up.ts";

/** A loaded model on the GPU: what all sessions of an assistant share. Needs no DOM. */
export type Engine = {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly encoder: Encoder;
  /** Held from `encoder.encode` until its outputs were submitted for reading: the next call overwrites them. */
  readonly encoding: Mutex;
  readonly rnn: Rnn;
  readonly model: ModelInfo;
  readonly adapter: AdapterInfo;
  destroy(): Promise<void>;
};

/**
 * Opens the GPU and loads a model folder onto it.
 *
 * @throws AuroraError `WebGpuUnavailable`, `AdapterTooSmall`, `ModelNotFound`, `ModelCorrupt`, `ModelUnsupported`, `DownloadFailed`, `OutOfMemory` or `Aborted`
 */
export async function openEngine(options: OpenOptions): Promise<Engine> {
  const { signal, onProgress } = options;
  onProgress?.({ stage: "gpu", loadedBytes: 0, totalBytes: null });
  const gpu = await openGpu();
  try {
    await selfTest(gpu);
    const choice = typeof options.model === "string" ? { kind: "folder" as const, url: options.model } : options.model;
    if (choice.kind !== "folder") {
      throw new AuroraError("ModelUnsupported", "Only model folders on a server can be opened.");
    }
    const folder = await openModelFolder(choice.url, {
      ...(signal ? { signal } : {}),
      onProgress: (loadedBytes, totalBytes) => onProgress?.({ stage: "download", loadedBytes, totalBytes }),
    });
    onProgress?.({ stage: "prepare", loadedBytes: folder.byteLength, totalBytes: folder.byteLength });
    const engine = await loadModel(gpu, folder, options);
    await warmUp(engine);
    return engine;
  } catch (error) {
    gpu.destroy();
    throw error;
  }
}

async function loadModel(gpu: Gpu, folder: ModelFolder, options: OpenOptions): Promise<Engine> {
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
  const encoder = await createEncoder(gpu, config, folder.tensors, {
    backend: options.encoder ?? "auto",
    maxBatch: config.sampling.maxBatch,
    ...(signal ? { signal } : {}),
  });
  const rnn = await openRnn(gpu, config.text, folder.tensors, () => signal?.throwIfAborted());
  return {
    gpu,
    config,
    tokenizer,
    encoder,
    encoding: createMutex(),
    rnn,
    model: describeModel(folder, encoder),
    adapter: describeAdapter(gpu, encoder),
    async destroy() {
      rnn.destroy();
      await encoder.destroy();
      gpu.destroy();
    },
  };
}

function describeModel({ config, parameters, byteLength }: ModelFolder, encoder: Encoder): ModelInfo {
  return {
    name: config.name,
    license: config.license,
    parameters,
    bytes: byteLength,
    quantization: config.quantization,
    notices: [],
    imageSize: config.vision.imageSize,
    patchSize: config.vision.patchSize,
    tokensPerFrame: encoder.tokensPerFrame,
    patchesPerFrame: encoder.patches,
    stateBytes: stateByteLength(config.text),
    fps: config.sampling.fps,
  };
}

function describeAdapter({ adapter }: Gpu, encoder: Encoder): AdapterInfo {
  const description = adapter.description || `${adapter.vendor} ${adapter.architecture}`.trim() || "unknown adapter";
  return { description, software: adapter.software, encoder: encoder.backend };
}
