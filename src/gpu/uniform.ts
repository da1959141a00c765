import type { Gpu } from "./device.ts";
import { bufferUsage } from "./flags.ts";

/** Creates a uniform buffer of u32 values, for what changes after load; sizes known at load are `override`s. */
export function createUniform(gpu: Gpu, label: string, values: readonly number[]): GPUBuffer {
  const size = Math.ceil((values.length * 4) / 16) * 16;
  const buffer = gpu.device.createBuffer({ label, size, usage: bufferUsage.uniform | bufferUsage.copyDst });
  writeUniform(gpu, buffer, values);
  return buffer;
}

/** Writes u32 values to the start of a uniform buffer. */
export function writeUniform(gpu: Gpu, buffer: GPUBuffer, values: readonly number[]): void {
  gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(values));
}
