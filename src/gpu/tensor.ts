import { assert } from "../errors.ts";
import type { Gpu } from "./device.ts";
import { bufferUsage } from "./flags.ts";
import { mapForReading } from "./wait.ts";

/**
 * `f32`, `u32` and `i32` take 4 bytes an element; `f16` takes 2, packed by pairs into `u32` for the shaders.
 */
export type DType = "f32" | "u32" | "i32" | "f16";

/** A row-major array in one GPU buffer of its own. Whoever created it calls `destroy()`. */
export type Tensor = {
  readonly label: string;
  readonly buffer: GPUBuffer;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Bytes of the elements; the buffer may be longer (sizes are rounded up to 16). */
  readonly byteLength: number;
  destroy(): void;
};

type HostArray = Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/** Number of elements of a shape. */
function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Creates a zero-filled tensor, or one with `data` in it.
 *
 * @param label a path such as `rnn.3.k`
 * @param data elements in the tensor's own type; `Uint16Array` holds the bits of f16
 */
export function createTensor(
  gpu: Gpu,
  label: string,
  shape: readonly number[],
  dtype: DType,
  data?: HostArray,
): Tensor {
  const byteLength = elementCount(shape) * (dtype === "f16" ? 2 : 4);
  const buffer = gpu.device.createBuffer({
    label,
    size: Math.max(16, Math.ceil(byteLength / 16) * 16),
    usage: bufferUsage.storage | bufferUsage.copySrc | bufferUsage.copyDst,
  });
  const tensor: Tensor = { label, buffer, shape, dtype, byteLength, destroy: () => buffer.destroy() };
  if (data) writeTensor(gpu, tensor, data);
  return tensor;
}

/** Writes host data into the start of a tensor, or from `byteOffset` (a multiple of 4) on. */
export function writeTensor(gpu: Gpu, tensor: Tensor, data: HostArray, byteOffset = 0): void {
  assert(
    byteOffset + data.byteLength <= tensor.byteLength,
    `${tensor.label}: ${data.byteLength} bytes at ${byteOffset} exceed ${tensor.byteLength}`,
  );
  const whole = data.byteLength - (data.byteLength % 4);
  gpu.device.queue.writeBuffer(tensor.buffer, byteOffset, data.buffer, data.byteOffset, whole);
  if (whole === data.byteLength) return;
  const rest = new Uint8Array(4); // writeBuffer takes multiples of 4; an odd f16 array ends in half a word
  rest.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
  gpu.device.queue.writeBuffer(tensor.buffer, byteOffset + whole, rest);
}

/** Reads `byteLength` bytes of a buffer back to the host. Waits for all work submitted before. */
export async function readBuffer(
  gpu: Gpu,
  buffer: GPUBuffer,
  byteLength: number,
  byteOffset = 0,
): Promise<ArrayBuffer> {
  const size = Math.ceil(byteLength / 4) * 4;
  const staging = gpu.device.createBuffer({ label: "staging", size, usage: bufferUsage.mapRead | bufferUsage.copyDst });
  try {
    const encoder = gpu.device.createCommandEncoder({ label: "read" });
    encoder.copyBufferToBuffer(buffer, byteOffset, staging, 0, size);
    gpu.device.queue.submit([encoder.finish()]);
    await mapForReading(gpu, staging);
    return staging.getMappedRange().slice(0, byteLength);
  } finally {
    staging.destroy();
  }
}

/** Reads a whole f32 tensor back. */
export async function readFloats(gpu: Gpu, tensor: Tensor): Promise<Float32Array> {
  assert(tensor.dtype === "f32", `${tensor.label}: expected f32, got ${tensor.dtype}`);
  return new Float32Array(await readBuffer(gpu, tensor.buffer, tensor.byteLength));
}

/** Reads a whole u32 tensor back. */
export async function readWords(gpu: Gpu, tensor: Tensor): Promise<Uint32Array> {
  return new Uint32Array(await readBuffer(gpu, tensor.buffer, Math.ceil(tensor.byteLength / 4) * 4));
}
