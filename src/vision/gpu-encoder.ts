import type { Gpu } from "../gpu/device.ts";
import { runDispatches } from "../gpu/record.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import type { SeeingConfig } from "../model/config.ts";
import type { ReadWeight } from "../onnx/layers.ts";
import type { FloatType } from "../onnx/onnx-graph.ts";
import { type Bound, createOrtSession, type OrtNames, type OrtSession } from "../onnx/ort-session.ts";
import type { EncoderCore, EncoderTensors } from "./encoder-core.ts";
import { createMerger, type Merger, type MergeStep } from "./merge.ts";
import { buildSegment, patchCount, type Segment } from "./segments.ts";

type Options = {
  readonly segments: readonly Segment[];
  readonly precision: FloatType;
  readonly names: OrtNames;
};

/** A segment with the tensors that it goes through: it reads `input` and writes `output`; a merge goes back to `input`. */
type Stage = {
  readonly session: OrtSession;
  readonly segment: Segment;
  readonly input: Tensor;
  readonly output: Tensor;
  readonly step: MergeStep | null;
  /** Sizes of the tokens that come in. */
  readonly sizes: Tensor;
};

/**
 * An encoder on onnxruntime's WebGPU back-end: a session for each segment, and kernels of ours that merge between them.
 *
 * @throws AuroraError errors of `read` and of `createOrtSession`
 */
export async function createGpuEncoder(
  gpu: Gpu,
  config: SeeingConfig,
  read: ReadWeight,
  { merged, visual, sizes, owners }: EncoderTensors,
  { segments, precision, names }: Options,
): Promise<EncoderCore> {
  const { vision } = config;
  const width = vision.hiddenSize;
  const [maxBatch = 0, tokens = 0] = sizes.shape;
  const left = segments.at(-1)?.tokens ?? 0;
  const sessions: OrtSession[] = [];
  const release = async () => {
    for (const session of sessions) await session.release();
  };
  try {
    // One after the other: onnxruntime demands it, and so the host holds one segment's weights at a time.
    for (const segment of segments) {
      const model = await buildSegment(config, read, segment, precision);
      sessions.push(await createOrtSession(gpu, "webgpu", model, names));
    }
  } catch (error) {
    await release();
    throw error;
  }
  const merger = createMerger(gpu, config, segments, owners);
  const hidden = [0, 1].map((i) => createTensor(gpu, `vision.x.${i}`, [maxBatch, patchCount(vision), width], "f32"));
  const stages = planStages(segments, sessions, merger, hidden);

  async function runStage(stage: Stage, pixels: Tensor, frames: number): Promise<void> {
    const { segment, session, input, output, step } = stage;
    const rows = [frames, segment.tokens] as const;
    const inputs: Record<string, Bound> =
      segment.index === 0
        ? { pixels: { tensor: pixels, shape: [frames, 3, vision.imageSize, vision.imageSize] } }
        : { x: { tensor: input, shape: [...rows, width] } };
    if (segment.sized) inputs.size = { tensor: stage.sizes, shape: rows };
    const outputs: Record<string, Bound> = segment.last
      ? {
          merged: { tensor: merged, shape: [frames, tokens, width] },
          visual: { tensor: visual, shape: [frames * tokens, visual.shape[1] ?? 0] },
        }
      : { y: { tensor: output, shape: [...rows, width] } };
    if (step) outputs.metric = { tensor: merger.metric, shape: [...rows, merger.metricWidth] };
    await session.run(inputs, outputs);
    if (step) runDispatches(gpu, step.dispatches, { rows: frames });
  }

  /** The last merge's sizes, less those of a dropped token 0. */
  function copySizes(frames: number): void {
    const encoder = gpu.device.createCommandEncoder({ label: "vision.sizes" });
    for (let frame = 0; frame < frames; frame++) {
      const from = (frame * left + left - tokens) * 4;
      encoder.copyBufferToBuffer(merger.sizes.buffer, from, sizes.buffer, frame * tokens * 4, tokens * 4);
    }
    gpu.device.queue.submit([encoder.finish()]);
  }

  return {
    async run(pixels, frames) {
      for (const stage of stages) await runStage(stage, pixels, frames);
      copySizes(frames);
    },
    async destroy() {
      for (const tensor of hidden) tensor.destroy();
      merger.destroy();
      await release();
    },
  };
}

function planStages(
  segments: readonly Segment[],
  sessions: readonly OrtSession[],
  merger: Merger,
  hidden: readonly Tensor[],
): Stage[] {
  let [input, output] = hidden as [Tensor, Tensor];
  return segments.map((segment, i) => {
    const sizes = merger.sizes;
    const step = segment.removed > 0 ? merger.addStep(segment, output, input) : null;
    const stage = { session: sessions[i] as OrtSession, segment, input, output, step, sizes };
    if (!step) [input, output] = [output, input];
    return stage;
  });
}
