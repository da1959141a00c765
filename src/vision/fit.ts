import type { FrameView, Rotation } from "../kernels/frame-to-rgb.ts";
import type { VisionConfig } from "../model/config.ts";

/**
 * The part of a picture that is resized to the model's square: its central square (`crop`), all of it (`stretch`), or
 * a square around it in the mean colour (`letterbox`, LLaVA's `expand2square`).
 *
 * @param width, height of the picture before rotation, in pixels
 */
export function fitView(
  vision: Pick<VisionConfig, "fit" | "imageMean">,
  width: number,
  height: number,
  rotation: Rotation,
): FrameView {
  const [w, h] = rotation % 180 === 0 ? [width, height] : [height, width];
  const [red, green, blue] = vision.imageMean;
  const pad = [Math.trunc(red * 255), Math.trunc(green * 255), Math.trunc(blue * 255)] as const;
  if (vision.fit === "stretch") return { x: 0, y: 0, width: w, height: h, rotation, pad };
  const side = vision.fit === "crop" ? Math.min(w, h) : Math.max(w, h);
  // Cropping keeps floor((w − side) / 2) pixels away on the left, padding puts floor((side − w) / 2) there.
  const offset = (length: number) => Math.sign(length - side) * Math.floor(Math.abs(length - side) / 2);
  return { x: offset(w), y: offset(h), width: side, height: side, rotation, pad };
}
