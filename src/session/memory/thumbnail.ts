import type { VisionConfig } from "../../model/config.ts";

/** Side of the picture in pixels: enough to show every patch of the largest encoders. */
const side = 192;

/**
 * The square picture that the model sees of a frame, as a small JPEG; null where the browser cannot draw the frame.
 * The frame may be closed as soon as the call has returned.
 */
export async function createThumbnail(
  frame: VideoFrame,
  rotation: 0 | 90 | 180 | 270,
  { fit }: VisionConfig,
  mirrored = false,
): Promise<Blob | null> {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d");
  if (!context) return null;
  try {
    context.translate(side / 2, side / 2);
    if (mirrored) context.scale(-1, 1);
    drawFitted(context, frame, rotation, fit);
    return await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
  } catch {
    return null; // a picture for the eye only: watching goes on without it
  }
}

/** Draws around the context's origin. */
function drawFitted(
  context: OffscreenCanvasRenderingContext2D,
  frame: VideoFrame,
  rotation: number,
  fit: VisionConfig["fit"],
): void {
  const turned = rotation % 180 !== 0;
  const { displayWidth, displayHeight } = frame;
  const [width, height] = turned ? [displayHeight, displayWidth] : [displayWidth, displayHeight];
  const scale = fit === "crop" ? side / Math.min(width, height) : side / Math.max(width, height);
  const [drawnWidth, drawnHeight] = fit === "stretch" ? [side, side] : [width * scale, height * scale];
  const [w, h] = turned ? [drawnHeight, drawnWidth] : [drawnWidth, drawnHeight];
  context.imageSmoothingQuality = "high";
  context.rotate((rotation * Math.PI) / 180);
  context.drawImage(frame, -w / 2, -h / 2, w, h);
}
