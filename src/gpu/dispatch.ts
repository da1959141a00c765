import { assert } from "../errors.ts";
import type { Gpu } from "./device.ts";
import type { Tensor } from "./tensor.ts";

/** One kernel launch as plain data: built once, recorded as often as wanted. */
export type Dispatch = {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
};

type Bindable = Tensor | GPUBuffer | GPUBufferBinding;

/**
 * Builds a dispatch whose `bindings` take the slots 0, 1, 2, … of group 0 in order.
 *
 * @param workgroups counts along x, y, z; missing ones are 1
 */
export function createDispatch(
  gpu: Gpu,
  label: string,
  pipeline: GPUComputePipeline,
  bindings: readonly Bindable[],
  workgroups: readonly number[],
): Dispatch {
  const [x = 1, y = 1, z = 1] = workgroups;
  const most = gpu.device.limits.maxComputeWorkgroupsPerDimension;
  assert(Math.max(x, y, z) <= most, `${label}: ${x}×${y}×${z} workgroups exceed ${most}`);
  const entries = bindings.map((bindable, binding) => ({ binding, resource: toBinding(bindable) }));
  const bindGroup = gpu.device.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries });
  return { label, pipeline, bindGroup, workgroups: [x, y, z] };
}

/** A view of whole rows of a tensor's first axis, as a binding. `offset` bytes must be a multiple of the device's alignment. */
function toBinding(bindable: Bindable): GPUBufferBinding {
  if ("shape" in bindable) return { buffer: bindable.buffer };
  if ("buffer" in bindable) return bindable;
  return { buffer: bindable };
}
