import type { FrameView, Rotation } from "../kernels/frame-to-rgb.ts";
import type { VisionConfig } from "../model/config.ts";

/**
 * The part of a picture that is resized to the model's square: its central square (`crop`), all of it (`stretch`), or
 * a square around it in the mean colour (`letterbox`, LLaVA's `expand2square`). Where pixels are not square, the square is
 * one as displayed.
 *
 * @param width, height of the picture before rotation, in pixels
 * @param pixelAspect width of a pixel over its height, before rotation
 */
export function fitView(
  vision: Pick<VisionConfig, "fit" | "imageMean">,
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
  if (vision.fit === "stretch") return { x: 0, y: 0, width: w, height: h, rotation, pad };
  const choose = vision.fit === "crop" ? Math.min : Math.max;
  const side = choose(w * pixelWidth, h * pixelHeight);
  const across = Math.max(1, Math.round(side / pixelWidth));
  const down = Math.max(1, Math.round(side / pixelHeight));
  // Cropping keeps floor((length − side) / 2) pixels away at the beginning, padding puts floor((side − length) / 2) there.
  const offset = (length: number, kept: number) => Math.sign(length - kept) * Math.floor(Math.abs(length - kept) / 2);
  return { x: offset(w, across), y: offset(h, down), width: across, height: down, rotation, pad };
}
