import { AuroraError, assert } from "../../../src/errors.ts";
import { type Gpu, openGpu } from "../../../src/gpu/device.ts";
import { rowStride } from "../../../src/kernels/row-stride.ts";
import { openModelFolder } from "../../../src/library/url-folder.ts";
import { type ModelConfig, seeing } from "../../../src/model/config.ts";
import type { ModelFolder } from "../../../src/model/model-folder.ts";
import type { AdapterInfo, EncoderBackend, EncoderPrecision } from "../../../src/session/types.ts";
import { benchClips, benchOpening } from "./asking.ts";
import { benchEncoderPeers } from "./encoder-peers.ts";
import { benchFrameByFrame } from "./frame-by-frame.ts";
import { repeatClip } from "./long-video.ts";
import type { Figure } from "./measure.ts";
import { benchMerging, syntheticEncoder } from "./merging.ts";
import type { PartName } from "./part-names.ts";
import { benchPeers } from "./peers.ts";
import { benchProducts } from "./products.ts";
import { benchQuantised } from "./quantised.ts";
import { benchReading } from "./reading.ts";
import { benchSiglipLarge } from "./siglip-large.ts";
import { type Checkpoint, watchLong } from "./watching.ts";

export type BenchCommand = {
  readonly model: string;
  readonly encoder: EncoderBackend;
  readonly encoderPrecision: EncoderPrecision;
  /** Length of the long video. */
  readonly frames: number;
  readonly questions: readonly string[];
  /** What to measure. */
  readonly parts: readonly PartName[];
};

export type BenchResult = {
  /** The device that the parts ran on. */
  readonly adapter: Pick<AdapterInfo, "description" | "software">;
  readonly modelName: string;
  readonly figures: readonly Figure[];
  readonly checkpoints: readonly Checkpoint[];
};

type Measured = Pick<BenchResult, "figures" | "checkpoints">;

/** Measures what the documents state, one part after the other; `clips` are sample videos, the first of which is made longer still. */
export async function bench(command: BenchCommand, clips: readonly File[]): Promise<BenchResult> {
  const folder = await openModelFolder(command.model);
  const gpu = await openGpu();
  try {
    const figures: Figure[] = [];
    const checkpoints: Checkpoint[] = [];
    for (const name of command.parts) {
      console.info(name);
      const measured = await runPart(name, gpu, command, folder, clips);
      figures.push(...measured.figures);
      checkpoints.push(...measured.checkpoints);
      const { buffers, bytes } = gpu.ledger;
      assert(buffers === 0, `${name} left ${buffers} buffers of ${bytes} bytes on the GPU`);
    }
    const { description, vendor, architecture, software } = gpu.adapter;
    const adapter = { description: description || `${vendor} ${architecture}`.trim(), software };
    return { adapter, modelName: folder.config.name, figures, checkpoints };
  } finally {
    gpu.destroy();
  }
}

async function runPart(
  name: PartName,
  gpu: Gpu,
  command: BenchCommand,
  folder: ModelFolder,
  clips: readonly File[],
): Promise<Measured> {
  if (name === "watching") return benchWatching(command, folder.config, clips);
  return { figures: await measure(name, gpu, command, folder), checkpoints: [] };
}

/** A part that the sessions' worker has no share in. */
async function measure(
  name: Exclude<PartName, "watching">,
  gpu: Gpu,
  command: BenchCommand,
  { config: modelConfig, tensors }: ModelFolder,
): Promise<Figure[]> {
  const config = seeing(modelConfig);
  const { encoder: backend, encoderPrecision: precision } = command;
  switch (name) {
    case "frame-by-frame":
      return benchFrameByFrame(command);
    case "reading":
      return benchReading(gpu, config.text, tensors);
    case "peers":
      return [
        ...(await benchPeers(gpu, config.text, tensors)),
        ...(await benchEncoderPeers(gpu, config, { backend, precision })),
      ];
    case "merging": {
      const own = await benchMerging(gpu, { config, tensors, backend, precision, suffix: "", about: config.name });
      const about = "random ViT, width 384, 8 layers";
      const larger = { ...syntheticEncoder(config), backend, precision, suffix: "-196-tokens", about };
      return [...own, ...(await benchMerging(gpu, larger))];
    }
    case "siglip-large":
      return benchSiglipLarge(gpu, config, backend, precision);
    case "products":
      return benchProducts(gpu);
    case "quantised":
      return benchQuantised(gpu);
  }
}

/** What a person meets, through the assistant in its worker. */
async function benchWatching(command: BenchCommand, config: ModelConfig, clips: readonly File[]): Promise<Measured> {
  const [long, ...short] = clips;
  if (!long) throw new AuroraError("VideoUnreadable", "No sample clip was given.");
  console.info("opening the model");
  const { assistant, figures } = await benchOpening(command);
  console.info(`watching ${short.length} clips and asking`);
  const asked = await benchClips(assistant, short, command.questions);
  // From here on: onnxruntime keeps buffers for what it has run once, where it computes on the GPU.
  const before = await assistant.gpuUsage();
  console.info(`watching ${command.frames} frames`);
  const video = await repeatClip(long, command.frames);
  const { numHiddenLayers: layers, hiddenSize: width } = config.text;
  const bytesPerToken = { kvCache: 2 * 2 * layers * width, kept: 2 * rowStride(width) }; // f16: key and value; row
  const watching = await watchLong(assistant, video, command.frames, bytesPerToken);
  const after = await assistant.gpuUsage();
  assert(after.bytes === before.bytes, `closed sessions left ${after.bytes - before.bytes} bytes on the GPU`);
  await assistant.close();
  return { figures: [...watching.figures, ...asked, ...figures], checkpoints: watching.checkpoints };
}
