import { AuroraError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { createTensor, type Tensor } from "../gpu/tensor.ts";
import { createUniform } from "../gpu/uniform.ts";
import {
  type ColorConversion,
  type FrameLayout,
  frameToRgb,
  frameToRgbParams,
  type Rotation,
} from "../kernels/frame-to-rgb.ts";
import { resizeHorizontal } from "../kernels/resize-horizontal.ts";
import { resizeVertical } from "../kernels/resize-vertical.ts";
import type { VisionConfig } from "../model/config.ts";
import { type AxisTarget, fitTargets, fitView } from "./fit.ts";
import { resampleWeights } from "./resample-weights.ts";

/** Everything on the GPU that depends on the frames' size, format and colours, and the three passes over it. */
export type Plan = {
  /** The source, as text to compare. */
  readonly key: string;
  /** Where the frame's bytes go. */
  readonly planes: Tensor;
  /** Uniform whose first value is the picture of the batch to write. */
  readonly slot: GPUBuffer;
  readonly dispatches: readonly Dispatch[];
  destroy(): void;
};

/** What a frame's bytes are. */
export type Source = {
  readonly layout: FrameLayout;
  readonly conversion: ColorConversion;
  readonly rotation: Rotation;
  /** Whether left and right are swapped once it is turned; not, unless given. */
  readonly mirrored?: boolean;
  /** Width of a pixel over its height, before rotation; 1 unless given. */
  readonly pixelAspect?: number;
};

/**
 * Allocates and records the way from a frame's bytes to one normalised picture: convert, resize across, resize down.
 *
 * @param shared.normalized [3, 256]: what each 8-bit value becomes in each channel
 * @param shared.pixels [F, 3, S, S], written at the slot
 * @throws AuroraError `VideoUnreadable` when the picture is larger than a binding of the adapter
 */
export function createPlan(
  gpu: Gpu,
  vision: VisionConfig,
  { layout, conversion, rotation, mirrored = false, pixelAspect }: Source,
  shared: { readonly key: string; readonly normalized: Tensor; readonly pixels: Tensor },
): Plan {
  const { imageSize: size, resample } = vision;
  const view = { ...fitView(vision, layout.width, layout.height, rotation, pixelAspect), mirrored };
  if (Math.max(layout.byteLength, view.width * view.height * 4) > gpu.maxBindingBytes) {
    const picture = `${layout.width} × ${layout.height}`;
    throw new AuroraError(
      "VideoUnreadable",
      `Pictures of ${picture} pixels are too large for this graphics adapter. Convert the video to a smaller size.`,
    );
  }
  const owned: { destroy(): void }[] = [];
  const keep = <T extends { destroy(): void }>(item: T): T => {
    owned.push(item);
    return item;
  };
  const targets = fitTargets(vision, view, pixelAspect);
  const weightsFor = (inSize: number, { length, begin }: AxisTarget, axis: string) => {
    const { taps, table } = resampleWeights(inSize, length, resample, { begin, count: size });
    return { taps, tensor: keep(createTensor(gpu, `vision.weights.${axis}`, [size, taps + 2], "i32", table)) };
  };
  const planes = keep(createTensor(gpu, "vision.planes", [Math.ceil(layout.byteLength / 4)], "u32"));
  const picture = keep(createTensor(gpu, "vision.picture", [view.height, view.width], "u32"));
  const columns = vision.columnsFirst && isTall(view, targets);
  const [lines, length] = columns ? [view.width, view.height] : [view.height, view.width];
  const [first, second] = columns ? [targets.down, targets.across] : [targets.across, targets.down];
  const rows = keep(createTensor(gpu, "vision.rows", [lines, size], "u32"));
  const along = weightsFor(length, first, "along");
  const across = weightsFor(lines, second, "across");
  const convert = keep(createUniform(gpu, "vision.convert", frameToRgbParams(layout, conversion, view)));
  const steps = columns ? [1, view.width] : [view.width, 1];
  const horizontal = keep(createUniform(gpu, "vision.horizontal", [lines, ...steps, along.taps]));
  const vertical = keep(createUniform(gpu, "vision.vertical", [0, across.taps, columns ? 1 : 0]));
  const verticalIo = { params: vertical, rows, weights: across.tensor, ...shared };
  return {
    key: shared.key,
    planes,
    slot: vertical,
    dispatches: [
      frameToRgb(gpu, { params: convert, planes, picture }, { ...view, transfer: conversion.transfer }),
      resizeHorizontal(gpu, { params: horizontal, picture, weights: along.tensor, rows }, { size, lines }),
      resizeVertical(gpu, verticalIo, { size }),
    ],
    destroy() {
      for (const item of owned) item.destroy();
    },
  };
}

/**
 * Whether Pillow 13 resizes the columns before the rows: when the height shrinks by more than twice as many pixels as the
 * width. The order shows in the last bit, since each pass rounds to 8 bits.
 */
function isTall(
  { width, height }: { readonly width: number; readonly height: number },
  { across, down }: { readonly across: AxisTarget; readonly down: AxisTarget },
): boolean {
  return height > down.length && height - down.length > 2 * (width - across.length);
}
