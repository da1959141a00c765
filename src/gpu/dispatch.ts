import type { Gpu } from "./device.ts";
import type { Tensor } from "./tensor.ts";

/** Numbers of workgroups along x, y, z (missing ones are 1), or how they follow from the number of rows known when recording. */
export type Workgroups = readonly number[] | ((rows: number) => readonly number[]);

/** One kernel launch as plain data: built once, recorded as often as wanted. */
export type Dispatch = {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: Workgroups;
};

type Bindable = Tensor | GPUBuffer | GPUBufferBinding;

/** Builds a dispatch whose `bindings` take the slots 0, 1, 2, … of group 0 in order. */
export function createDispatch(
  gpu: Gpu,
  label: string,
  pipeline: GPUComputePipeline,
  bindings: readonly Bindable[],
  workgroups: Workgroups,
): Dispatch {
  const entries = bindings.map((bindable, binding) => ({ binding, resource: toBinding(bindable) }));
  const bindGroup = gpu.device.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries });
  return { label, pipeline, bindGroup, workgroups };
}

function toBinding(bindable: Bindable): GPUBufferBinding {
  if ("shape" in bindable) return { buffer: bindable.buffer };
  if ("buffer" in bindable) return bindable;
  return { buffer: bindable };
}
