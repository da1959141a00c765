import type { Gpu } from "./device.ts";
import type { Dispatch } from "./dispatch.ts";

export type RecordOptions = {
  /** What dispatches whose workgroups depend on a number of rows get. */
  readonly rows?: number;
  readonly timestampWrites?: GPUComputePassTimestampWrites | undefined;
};

/** Encodes dispatches in order into one compute pass. */
export function recordDispatches(
  encoder: GPUCommandEncoder,
  dispatches: Iterable<Dispatch>,
  options: RecordOptions = {},
): void {
  const { rows = 1, timestampWrites } = options;
  const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    const [x = 1, y = 1, z = 1] = typeof workgroups === "function" ? workgroups(rows) : workgroups;
    if (x * y * z === 0) continue;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(x, y, z);
  }
  pass.end();
}

/** Encodes and submits dispatches in order. */
export function runDispatches(gpu: Gpu, dispatches: Iterable<Dispatch>, options: RecordOptions = {}): void {
  const encoder = gpu.device.createCommandEncoder();
  recordDispatches(encoder, dispatches, options);
  gpu.device.queue.submit([encoder.finish()]);
}
