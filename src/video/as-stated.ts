import { countFrame } from "./frame-count.ts";
import type { Crop, PacketFormat } from "./packet-index.ts";

/** The shown part where it does not begin at the coded picture's corner; null where it does. */
export function cropOf({ left, top, width, height }: Record<"left" | "top" | "width" | "height", number>): Crop | null {
  return left > 0 || top > 0 ? { x: left, y: top, width, height } : null;
}

/**
 * A decoded frame that is and says what its stream states where decoders do not: another frame that is cut to the shown part (Chromium's decoder in
 * software takes off as many rows and columns as it should, but all of them on the right and below), and colours whose matrix has a name.
 */
export function asStated(frame: VideoFrame, { crop, matrix }: PacketFormat): VideoFrame {
  const stated = crop ? cropped(frame, crop) : frame;
  if (matrix) Object.defineProperty(stated, "colorSpace", { value: { ...stated.colorSpace.toJSON(), matrix } });
  return stated;
}

function cropped(frame: VideoFrame, crop: Crop): VideoFrame {
  const { visibleRect, codedWidth, codedHeight } = frame;
  if (!visibleRect || visibleRect.x > 0 || visibleRect.y > 0) return frame;
  if (codedWidth < crop.x + crop.width || codedHeight < crop.y + crop.height) return frame;
  const cut = countFrame(new VideoFrame(frame, { visibleRect: crop }));
  frame.close();
  return cut;
}
