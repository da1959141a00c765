import type { FrameView, Rotation } from "../kernels/frame-to-rgb.ts";
import type { VisionConfig } from "../model/config.ts";

/** Where a picture's pixels end up along one axis: it is resized to `length`, of which S from `begin` on are kept. */
export type AxisTarget = { readonly length: number; readonly begin: number };

/**
 * What a view is resized to, across and down: the model's square, or, where the middle is cut out after resizing
 * (`resizeEdge`, CLIP's processor), what the whole picture becomes and which square of it is kept.
 *
 * @param pixelAspect width of a pixel over its height, before rotation
 */
export function fitTargets(
  { fit, imageSize, resizeEdge }: Pick<VisionConfig, "fit" | "imageSize" | "resizeEdge">,
  { width, height, rotation }: FrameView,
  pixelAspect = 1,
): { readonly across: AxisTarget; readonly down: AxisTarget } {
  const square = { length: imageSize, begin: 0 };
  if (fit !== "crop" || resizeEdge === null) return { across: square, down: square };
  const upright = rotation % 180 === 0;
  const w = width * (upright ? pixelAspect : 1);
  const h = height * (upright ? 1 : pixelAspect);
  // As transformers' get_resize_output_image_size and center_crop round.
  const target = (side: number, other: number) => {
    const length = side <= other ? resizeEdge : Math.trunc((resizeEdge * side) / other);
    return { length, begin: Math.floor((length - imageSize) / 2) };
  };
  return { across: target(w, h), down: target(h, w) };
}

/**
 * The part of a picture that is resized to the model's square: its central square (`crop`), all of it (`stretch`, or `crop` after resizing), or
 * a square around it in the mean colour (`letterbox`, LLaVA's `expand2square`). Where pixels are not square, the square is
 * one as displayed.
 *
 * @param width, height of the picture before rotation, in pixels
 * @param pixelAspect width of a pixel over its height, before rotation
 */
export function fitView(
  vision: Pick<VisionConfig, "fit" | "imageMean"> & Partial<Pick<VisionConfig, "resizeEdge">>,
  width: number,
  height: number,
  rotation: Rotation,
  pixelAspect = 1,
): FrameView {
  const upright = rotation % 180 === 0;
  const [w, h] = upright ? [width, height] : [height, width];
  const [pixelWidth, pixelHeight] = upright ? [pixelAspect, 1] : [1, pixelAspect];
  const [red, green, blue] = vision.imageMean;
  const pad = [Math.trunc(red * 255), Math.trunc(green * 255), Math.trunc(blue * 255)] as const;
  const isWhole = vision.fit === "stretch" || (vision.fit === "crop" && typeof vision.resizeEdge === "number");
  if (isWhole) return { x: 0, y: 0, width: w, height: h, rotation, pad };
  const choose = vision.fit === "crop" ? Math.min : Math.max;
  const side = choose(w * pixelWidth, h * pixelHeight);
  const across = Math.max(1, Math.round(side / pixelWidth));
  const down = Math.max(1, Math.round(side / pixelHeight));
  // Cropping keeps floor((length − side) / 2) pixels away at the beginning, padding puts floor((side − length) / 2) there.
  const offset = (length: number, kept: number) => Math.sign(length - kept) * Math.floor(Math.abs(length - kept) / 2);
  return { x: offset(w, across), y: offset(h, down), width: across, height: down, rotation, pad };
}
