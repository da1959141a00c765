import { type ErrorData, toAuroraError } from "../../src/errors.ts";
import { type Gpu, openGpu } from "../../src/gpu/device.ts";
import { readFloats } from "../../src/gpu/tensor.ts";
import type { VisionConfig } from "../../src/model/config.ts";
import type { OpenedVideo, VideoLoss } from "../../src/video/frame-source.ts";
import { openVideo } from "../../src/video/open-video.ts";
import type { Sampling } from "../../src/video/sample-plan.ts";
import { createPreprocessor, type Preprocessor } from "../../src/vision/preprocess.ts";
import { type Grid, pictureSize, toGrid } from "../grid.ts";

export type TryCommand = {
  readonly sampling: Sampling;
  /** Seconds after which a file that is not done counts as one that hangs. */
  readonly patienceSeconds: number;
};

/** What came of a file; `error` where it was refused or watching broke off. */
export type Tried = {
  readonly info: Pick<OpenedVideo["info"], "container" | "codec" | "width" | "height" | "durationSeconds"> | null;
  readonly pictures: number;
  readonly openMs: number;
  readonly frames: readonly { readonly seconds: number; readonly grid: Grid }[];
  readonly losses: readonly VideoLoss[];
  readonly error: ErrorData | null;
};

/** Small pictures of whole frames, as the model would get them. */
const vision: VisionConfig = {
  imageSize: pictureSize,
  patchSize: 8,
  hiddenSize: 8,
  intermediateSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 1,
  hiddenAct: "gelu",
  layerNormEps: 1e-6,
  blockNormEps: 1e-6,
  selectLayer: -1,
  postLayernorm: false,
  imageMean: [0, 0, 0],
  imageStd: [1, 1, 1],
  resample: "bilinear",
  fit: "stretch",
  resizeEdge: null,
  rescaleFactor: 1 / 255,
  columnsFirst: true,
};

let eye: Promise<{ gpu: Gpu; preprocessor: Preprocessor }> | undefined;

async function openEye(): Promise<{ gpu: Gpu; preprocessor: Preprocessor }> {
  const gpu = await openGpu();
  return { gpu, preprocessor: createPreprocessor(gpu, vision, 1) };
}

/** Opens the first of the files and watches a few frames of it. Nothing that the file does makes it fail. */
export async function tryFile({ sampling, patienceSeconds }: TryCommand, files: readonly File[]): Promise<Tried> {
  eye ??= openEye();
  const { gpu, preprocessor } = await eye;
  const begin = performance.now();
  const signal = AbortSignal.timeout(patienceSeconds * 1000);
  const frames: { seconds: number; grid: Grid }[] = [];
  const losses: VideoLoss[] = [];
  const found = { info: null as OpenedVideo["info"] | null, pictures: 0, openMs: 0 };
  try {
    const video = await openVideo(files[0] as File, { signal });
    Object.assign(found, { info: video.info, pictures: video.pictures, openMs: performance.now() - begin });
    try {
      const watching = video.frames(sampling, { signal, onLoss: (loss) => losses.push(loss) });
      for await (const { frame, timestampSeconds: seconds, rotation, mirrored } of watching) {
        await preprocessor.load(frame, rotation, 0, mirrored).finally(() => frame.close());
        const pixels = await readFloats(gpu, preprocessor.pixels);
        const at = (channel: number, row: number, column: number) =>
          255 * (pixels[(channel * pictureSize + row) * pictureSize + column] ?? 0);
        frames.push({ seconds, grid: toGrid(at) });
      }
    } finally {
      video.close();
    }
    return { ...found, frames, losses, error: null };
  } catch (error) {
    const data = toAuroraError(error, "Unexpected", String(error)).toData();
    return { ...found, frames, losses, error: data };
  }
}
