import { assert, toAuroraError } from "../errors.ts";
import type { Gpu } from "../gpu/device.ts";
import { recordDispatches } from "../gpu/record.ts";
import { createTensor, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { writeUniform } from "../gpu/uniform.ts";
import { gpuIdle } from "../gpu/wait.ts";
import type { Rotation } from "../kernels/frame-to-rgb.ts";
import type { VisionConfig } from "../model/config.ts";
import { frameTags, rgbConversion, yuvConversion } from "./color-conversion.ts";
import { openBitmap, readBitmap, textureRowBytes, uploadBitmap } from "./frame-bitmap.ts";
import { frameLayout, packedLayout } from "./frame-layout.ts";
import { createPlan, type Plan, type Source } from "./preprocess-plan.ts";

const unreadable =
  "The browser decoded this video but does not hand out its pictures. Try another browser, or convert the video to H.264.";

/**
 * Bytes of pictures that are waited for, one by one: those of 8K keep a graphics card in software busy for a second each, and whoever closes what is
 * watched would wait for all that are under way.
 */
const largeBytes = 16 << 20;

type Turn = Pick<Source, "rotation" | "mirrored">;

/** Turns pictures into the encoder's input. */
export type Preprocessor = {
  /**
   * Converts one frame into picture `slot` of `pixels` and submits the work; does not close the frame.
   * After `destroy()` it does nothing.
   *
   * @param rotation degrees clockwise that turn the frame's pixels upright
   * @param mirrored whether left and right are to be swapped after that
   * @throws AuroraError `VideoUnreadable` when no way to the frame's pixels works
   */
  load(frame: VideoFrame, rotation: Rotation, slot: number, mirrored?: boolean): Promise<void>;
  /** The same for 8-bit R, G, B, A bytes without gaps; alpha is dropped, not blended. */
  loadRgba(bytes: Uint8Array | Uint8ClampedArray, width: number, height: number, slot: number): void;
  /** [maxBatch, 3, S, S] f32. */
  readonly pixels: Tensor;
  destroy(): void;
};

/**
 * Creates what turns frames into normalised square pictures, with the very bits of Pillow's crop, resize and ToTensor.
 * Buffers are kept from frame to frame and replaced when the frames' size, format, colours or rotation change.
 */
export function createPreprocessor(gpu: Gpu, vision: VisionConfig, maxBatch: number): Preprocessor {
  const { imageSize } = vision;
  const pixels = createTensor(gpu, "vision.pixels", [maxBatch, 3, imageSize, imageSize], "f32");
  const normalized = createTensor(gpu, "vision.normalized", [3, 256], "f32", normalize(vision));
  let plan: Plan | null = null;
  let spare = new Uint8Array(0); // host memory that copyTo fills; taken away while in use
  let destroyed = false;

  function checkSlot(slot: number): void {
    assert(slot >= 0 && slot < maxBatch, `slot ${slot} of ${maxBatch}`);
  }

  function prepare(source: Source): Plan {
    const key = JSON.stringify(source);
    if (plan?.key === key) return plan;
    plan?.destroy();
    plan = null; // stays so if what follows throws
    plan = createPlan(gpu, vision, source, { key, normalized, pixels });
    return plan;
  }

  function submit({ slot, dispatches }: Plan, index: number, before?: (encoder: GPUCommandEncoder) => void): void {
    writeUniform(gpu, slot, [index]);
    const encoder = gpu.device.createCommandEncoder({ label: "vision.preprocess" });
    before?.(encoder);
    recordDispatches(encoder, dispatches);
    gpu.device.queue.submit([encoder.finish()]);
  }

  function loadBytes(source: Source, bytes: Uint8Array, slot: number): void {
    const prepared = prepare(source);
    writeTensor(gpu, prepared.planes, bytes.subarray(0, source.layout.byteLength));
    submit(prepared, slot);
  }

  /** Loads from the frame's raw planes; false where there is no way to them. */
  async function loadPlanes(frame: VideoFrame, turn: Turn, slot: number): Promise<boolean> {
    const { format, visibleRect, colorSpace } = frame; // a frame that is closed meanwhile says nothing more
    if (!format || !visibleRect) return false;
    const pixelAspect = pixelAspectOf(frame, visibleRect);
    const taken = spare;
    spare = new Uint8Array(0);
    try {
      const length = frame.allocationSize();
      const bytes = taken.length >= length ? taken : new Uint8Array(length);
      const planes = await frame.copyTo(bytes);
      const layout = frameLayout(format, visibleRect.width, visibleRect.height, planes);
      spare = bytes;
      if (!layout) return false;
      const conversion = /^(RGB|BGR)/.test(format)
        ? rgbConversion(colorSpace)
        : yuvConversion(frameTags(format, colorSpace), layout.bits);
      if (!destroyed) loadBytes({ layout, conversion, ...turn, pixelAspect }, bytes, slot);
      if (length > largeBytes) await gpuIdle(gpu);
      return true;
    } catch (error) {
      if (error instanceof DOMException) return false; // copyTo refuses some frames that live on the GPU
      throw error;
    }
  }

  /** Loads what the browser itself makes of the frame, by way of a texture or else of a canvas. */
  async function loadBitmap(bitmap: ImageBitmap, turn: Turn, slot: number): Promise<void> {
    const { width, height } = bitmap;
    const texture = await uploadBitmap(gpu, bitmap);
    try {
      if (destroyed) return;
      const stride = texture ? textureRowBytes(width) : width * 4;
      const source = {
        layout: packedLayout("RGB", width, height, stride),
        conversion: rgbConversion({ transfer: null }),
        ...turn,
      };
      if (!texture) return loadBytes(source, asBytes(readBitmap(bitmap)), slot);
      const prepared = prepare(source);
      submit(prepared, slot, (encoder) => {
        const target = { buffer: prepared.planes.buffer, bytesPerRow: stride };
        encoder.copyTextureToBuffer({ texture }, target, [width, height]);
      });
    } finally {
      texture?.destroy();
    }
  }

  return {
    pixels,
    async load(frame, rotation, slot, mirrored = false) {
      checkSlot(slot);
      const turn = { rotation, mirrored };
      if (destroyed || (await loadPlanes(frame, turn, slot))) return;
      try {
        const bitmap = await openBitmap(frame);
        await loadBitmap(bitmap, turn, slot).finally(() => bitmap.close());
      } catch (error) {
        throw toAuroraError(error, "VideoUnreadable", unreadable);
      }
    },
    loadRgba(bytes, width, height, slot) {
      checkSlot(slot);
      assert(bytes.length >= width * height * 4, `${bytes.length} bytes are not ${width}×${height} pixels`);
      const source = {
        layout: packedLayout("RGB", width, height),
        conversion: rgbConversion({ transfer: null }),
        rotation: 0,
      } as const;
      if (!destroyed) loadBytes(source, asBytes(bytes), slot);
    },
    destroy() {
      destroyed = true;
      plan?.destroy();
      for (const tensor of [pixels, normalized]) tensor.destroy();
    },
  };
}

/** Width of a pixel over its height; displayed sizes are whole pixels, so what is nearly square is square. */
function pixelAspectOf(frame: VideoFrame, { width, height }: DOMRectReadOnly): number {
  const aspect = (frame.displayWidth * height) / (frame.displayHeight * width);
  const turned = (frame as { rotation?: number }).rotation ?? 0; // of the display size, which is then not the pixels'
  return turned !== 0 || Math.abs(aspect - 1) < 0.02 ? 1 : aspect;
}

/** [3, 256]: what each 8-bit value becomes in each channel; a table, so that every adapter computes the same. */
function normalize({ imageMean, imageStd, rescaleFactor }: VisionConfig): Float32Array {
  // A quotient where the factor is the usual one: the product would be off by a bit here and there.
  const rescale = (value: number) => (rescaleFactor === 1 / 255 ? value / 255 : value * rescaleFactor);
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = i >> 8;
    return (rescale(i & 255) - (imageMean[channel] ?? 0)) / (imageStd[channel] ?? 1);
  });
}

function asBytes(bytes: Uint8Array | Uint8ClampedArray): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
