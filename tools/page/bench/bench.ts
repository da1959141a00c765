import { AuroraError, assert } from "../../../src/errors.ts";
import { openGpu } from "../../../src/gpu/device.ts";
import { rowStride } from "../../../src/kernels/row-stride.ts";
import { openModelFolder } from "../../../src/library/url-folder.ts";
import { type ModelConfig, seeing } from "../../../src/model/config.ts";
import type { ModelFolder } from "../../../src/model/model-folder.ts";
import type { AdapterInfo, EncoderBackend } from "../../../src/session/types.ts";
import { benchClips, benchOpening } from "./asking.ts";
import { benchFrameByFrame } from "./frame-by-frame.ts";
import { repeatClip } from "./long-video.ts";
import type { Figure } from "./measure.ts";
import { benchMerging, syntheticEncoder } from "./merging.ts";
import { benchPeers } from "./peers.ts";
import { benchProducts } from "./products.ts";
import { benchQuantised } from "./quantised.ts";
import { benchReading } from "./reading.ts";
import { benchSiglipLarge } from "./siglip-large.ts";
import { type Checkpoint, watchLong } from "./watching.ts";

export type BenchCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  /** Length of the long video. */
  readonly frames: number;
  readonly questions: readonly string[];
  /** Nothing but the cost of reading frame by frame. */
  readonly onlyFrameByFrame: boolean;
};

export type BenchResult = {
  readonly adapter: AdapterInfo;
  readonly modelName: string;
  readonly figures: readonly Figure[];
  readonly checkpoints: readonly Checkpoint[];
};

/** Measures everything that the documents state, one after the other; `clips` are sample videos, the first of which is made longer still. */
export async function bench(command: BenchCommand, clips: readonly File[]): Promise<BenchResult> {
  if (command.onlyFrameByFrame) return benchFrameByFrame(command.model, command.encoder);
  const folder = await openModelFolder(command.model);
  const watching = await benchWatching(command, folder.config, clips);
  const alone = await benchFrameByFrame(command.model, command.encoder);
  const parts = await benchParts(command, folder);
  return { ...watching, figures: [...watching.figures, ...alone.figures, ...parts] };
}

/** What a person meets, through the assistant in its worker. */
async function benchWatching(command: BenchCommand, config: ModelConfig, clips: readonly File[]): Promise<BenchResult> {
  const [long, ...short] = clips;
  if (!long) throw new AuroraError("VideoUnreadable", "No sample clip was given.");
  console.info("opening the model");
  const { assistant, figures } = await benchOpening(command.model, command.encoder);
  const before = await assistant.gpuUsage();
  console.info(`watching ${short.length} clips and asking`);
  const asked = await benchClips(assistant, short, command.questions);
  console.info(`watching ${command.frames} frames`);
  const video = await repeatClip(long, command.frames);
  const { numHiddenLayers: layers, hiddenSize: width } = config.text;
  const bytesPerToken = { kvCache: 2 * 2 * layers * width, kept: 2 * rowStride(width) }; // f16: key and value; row
  const watching = await watchLong(assistant, video, command.frames, bytesPerToken);
  const after = await assistant.gpuUsage();
  assert(after.bytes === before.bytes, `closed sessions left ${after.bytes - before.bytes} bytes on the GPU`);
  await assistant.close();
  return {
    adapter: assistant.adapter,
    modelName: assistant.model.name,
    figures: [...watching.figures, ...asked, ...figures],
    checkpoints: watching.checkpoints,
  };
}

/** Encoder, language model and matrix products by themselves, on a device of their own. */
async function benchParts(command: BenchCommand, { config: modelConfig, tensors }: ModelFolder): Promise<Figure[]> {
  const config = seeing(modelConfig);
  const gpu = await openGpu();
  const backend = command.encoder;
  try {
    console.info("language model");
    const reading = await benchReading(gpu, config.text, tensors);
    console.info("language model of another engine");
    const peers = await benchPeers(gpu, config.text, tensors);
    console.info("encoder with and without merging");
    const own = await benchMerging(gpu, { config, tensors, backend, suffix: "", about: config.name });
    const about = "random ViT, width 384, 8 layers";
    const larger = await benchMerging(gpu, { ...syntheticEncoder(config), backend, suffix: "-196-tokens", about });
    console.info("encoder of SigLIP-L's size");
    const full = await benchSiglipLarge(gpu, config, backend);
    console.info("matrix products");
    const products = await benchProducts(gpu);
    console.info("quantised weights");
    const quantised = await benchQuantised(gpu);
    const { buffers, bytes } = gpu.ledger;
    assert(buffers === 0, `${buffers} buffers of ${bytes} bytes were left on the GPU`);
    return [...own, ...larger, ...full, ...products, ...quantised, ...reading, ...peers];
  } finally {
    gpu.destroy();
  }
}
