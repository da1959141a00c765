import type { Gpu } from "../gpu/device.ts";
import { textureUsage } from "../gpu/flags.ts";

/** The frame as the browser itself converts it to RGB, at its display size, its own rotation not applied. */
export async function openBitmap(frame: VideoFrame & { readonly rotation?: number }): Promise<ImageBitmap> {
  const { rotation = 0 } = frame;
  if (rotation === 0) return createImageBitmap(frame, { premultiplyAlpha: "none" });
  // Chromium turns the picture and then squeezes it into the size from before: take the turn back first.
  const init: VideoFrameInit & { readonly rotation: number } = { rotation: 360 - rotation };
  const unturned = new VideoFrame(frame, init);
  try {
    return await createImageBitmap(unturned, { premultiplyAlpha: "none" });
  } finally {
    unturned.close();
  }
}

/** Distance of two rows in a buffer that a texture is copied to, as WebGPU wants it. */
export function textureRowBytes(width: number): number {
  return Math.ceil((width * 4) / 256) * 256;
}

/**
 * Puts a bitmap into an rgba8 texture that can be copied to a buffer.
 *
 * @returns null where the browser cannot; the device's errors are caught, so that it stays usable
 */
export async function uploadBitmap(gpu: Gpu, bitmap: ImageBitmap): Promise<GPUTexture | null> {
  const { device } = gpu;
  const size = { width: bitmap.width, height: bitmap.height };
  let texture: GPUTexture | null = null;
  let thrown = false;
  for (const filter of ["validation", "out-of-memory", "internal"] as const) device.pushErrorScope(filter);
  try {
    const usage = textureUsage.copySrc | textureUsage.copyDst | textureUsage.renderAttachment;
    texture = device.createTexture({ label: "vision.bitmap", size, format: "rgba8unorm", usage });
    device.queue.copyExternalImageToTexture({ source: bitmap }, { texture }, size);
  } catch {
    thrown = true;
  }
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope(), device.popErrorScope()]);
  if (texture && !thrown && errors.every((error) => error === null)) return texture;
  texture?.destroy();
  return null;
}

/** A bitmap's pixels through a 2D canvas: R, G, B, A bytes, not premultiplied. */
export function readBitmap(bitmap: ImageBitmap): Uint8ClampedArray {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no 2D canvas");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
}
