import type { Gpu } from "./device.ts";
import type { Dispatch } from "./dispatch.ts";

/** Encodes dispatches in order into one compute pass. */
export function recordDispatches(
  encoder: GPUCommandEncoder,
  dispatches: Iterable<Dispatch>,
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    if (workgroups[0] * workgroups[1] * workgroups[2] === 0) continue;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
}

/** Encodes and submits dispatches in order. */
export function runDispatches(gpu: Gpu, dispatches: Iterable<Dispatch>): void {
  const encoder = gpu.device.createCommandEncoder();
  recordDispatches(encoder, dispatches);
  gpu.device.queue.submit([encoder.finish()]);
}
