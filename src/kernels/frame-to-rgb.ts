import code from "../../shaders/frame-to-rgb.wgsl?raw";
import { assert } from "../errors.ts";
import { compileKernel } from "../gpu/compile.ts";
import type { Gpu } from "../gpu/device.ts";
import { createDispatch, type Dispatch } from "../gpu/dispatch.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** Where the samples of one component lie, in bytes: the first one, from row to row, from sample to sample. */
export type ComponentLayout = { readonly offset: number; readonly stride: number; readonly step: number };

/** Raw samples of one picture of `width` × `height` pixels: Y, U, V or R, G, B in that order. */
export type FrameLayout = {
  readonly width: number;
  readonly height: number;
  readonly components: readonly [ComponentLayout, ComponentLayout, ComponentLayout];
  /** log2 of the horizontal and vertical subsampling of the second and third component. */
  readonly chromaShift: readonly [number, number];
  /** Bits that carry the sample: 8 in one byte; 10 or 12 at the low end of two, little-endian. */
  readonly bits: 8 | 10 | 12;
  /** Bytes up to the end of the last sample. */
  readonly byteLength: number;
};

/** From three samples to R, G, B. */
export type ColorConversion = {
  /** [3, 4] integers in 2⁻²⁰ of an 8-bit step: per output channel three coefficients and a constant that holds the rounding's half. */
  readonly matrix: readonly number[];
  readonly transfer: "sdr" | "pq" | "hlg";
};

/** Degrees clockwise. */
export type Rotation = 0 | 90 | 180 | 270;

/** A rectangle of the picture as shown; where it reaches beyond the picture it is filled with `pad`, an 8-bit RGB colour. */
export type FrameView = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly rotation: Rotation;
  /** Whether the turned picture's left and right are swapped; not, unless given. */
  readonly mirrored?: boolean;
  readonly pad: readonly [number, number, number];
};

/** The kernel's uniform, for `createUniform`. */
export function frameToRgbParams(layout: FrameLayout, conversion: ColorConversion, view: FrameView): number[] {
  const { components } = layout;
  const spread = (key: keyof ComponentLayout) => components.map((component) => component[key]);
  const [red, green, blue] = view.pad;
  assert(conversion.matrix.length === 12, `a color matrix has 12 numbers, got ${conversion.matrix.length}`);
  assert(
    layout.bits === 8 || [...spread("offset"), ...spread("stride")].every((bytes) => bytes % 2 === 0),
    "samples of two bytes must lie at even addresses",
  );
  return [
    ...sourceSteps(layout, view),
    layout.width,
    layout.height,
    view.width,
    view.height,
    ...layout.chromaShift,
    ...spread("offset"),
    layout.bits === 8 ? 0xff : 0xffff,
    ...spread("stride"),
    0,
    ...spread("step"),
    red | (green << 8) | (blue << 16),
    ...conversion.matrix,
  ];
}

/** Source coordinates of the view's first pixel, then their change from column to column and from row to row. */
function sourceSteps(layout: FrameLayout, { x, y, rotation, mirrored }: FrameView): number[] {
  const { width, height } = layout;
  if (mirrored) {
    const last = (rotation % 180 === 0 ? width : height) - 1;
    const [atX = 0, atY = 0, acrossX = 0, acrossY = 0, ...down] = turnedSteps(layout, last - x, y, rotation);
    return [atX, atY, -acrossX, -acrossY, ...down];
  }
  return turnedSteps(layout, x, y, rotation);
}

function turnedSteps({ width, height }: FrameLayout, x: number, y: number, rotation: Rotation): number[] {
  switch (rotation) {
    case 0:
      return [x, y, 1, 0, 0, 1];
    case 90:
      return [y, height - 1 - x, 0, -1, 1, 0];
    case 180:
      return [width - 1 - x, height - 1 - y, -1, 0, 0, -1];
    case 270:
      return [width - 1 - y, x, 0, 1, -1, 0];
  }
}

/**
 * Cuts `view` out of a frame's raw samples and converts it to 8-bit RGB.
 *
 * @param io.params uniform of `frameToRgbParams`
 * @param io.planes bytes, packed into u32
 * @param io.picture [H, W] u32, packed R, G, B, 0
 */
export function frameToRgb(
  gpu: Gpu,
  io: { readonly params: GPUBuffer; readonly planes: Tensor; readonly picture: Tensor },
  options: { readonly width: number; readonly height: number; readonly transfer: ColorConversion["transfer"] },
): Dispatch {
  const { width, height, transfer } = options;
  assert(io.picture.byteLength >= width * height * 4, `${io.picture.label}: too short for ${width}×${height} pixels`);
  const constants = { TRANSFER: ["sdr", "pq", "hlg"].indexOf(transfer) };
  const pipeline = compileKernel(gpu, { name: "frame-to-rgb", code, constants });
  const groups = [Math.ceil(width / 16), Math.ceil(height / 4)];
  return createDispatch(gpu, "frame-to-rgb", pipeline, [io.params, io.planes, io.picture], groups);
}
