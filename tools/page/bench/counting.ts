import type { Gpu } from "../../../src/gpu/device.ts";

/** A part of a buffer that a dispatch is given. */
type Bound = { readonly buffer: GPUBuffer; readonly bytes: number };

/** What was asked of a device, counted where it is asked. */
export type Counts = {
  readonly submits: number;
  /** For each dispatch, in order, what was bound to it. */
  readonly dispatches: readonly (readonly Bound[])[];
};

/** Counts the work of a device from now on. It has to begin before the bind groups are made that it is to tell of. */
export function createCounter({ device }: Gpu) {
  const pass = GPUComputePassEncoder.prototype;
  const original = {
    createBindGroup: device.createBindGroup,
    submit: device.queue.submit,
    setBindGroup: pass.setBindGroup,
    dispatchWorkgroups: pass.dispatchWorkgroups,
  };
  const groups = new WeakMap<GPUBindGroup, readonly Bound[]>();
  const bound = new WeakMap<GPUComputePassEncoder, readonly Bound[]>();
  let submits = 0;
  let dispatches: (readonly Bound[])[] = [];
  device.createBindGroup = (descriptor) => {
    const group = original.createBindGroup.call(device, descriptor);
    groups.set(
      group,
      [...descriptor.entries].map(({ resource }) => describe(resource)).filter((each) => each !== null),
    );
    return group;
  };
  device.queue.submit = (buffers) => {
    submits += 1;
    return original.submit.call(device.queue, buffers);
  };
  pass.setBindGroup = function (this: GPUComputePassEncoder, index: number, group: GPUBindGroup, ...rest: unknown[]) {
    bound.set(this, groups.get(group) ?? []);
    return Reflect.apply(original.setBindGroup, this, [index, group, ...rest]);
  } as typeof pass.setBindGroup;
  pass.dispatchWorkgroups = function (this: GPUComputePassEncoder, ...workgroups) {
    dispatches.push(bound.get(this) ?? []);
    return original.dispatchWorkgroups.apply(this, workgroups);
  };
  return {
    /** What was asked since the last time. */
    take(): Counts {
      const counts = { submits, dispatches };
      submits = 0;
      dispatches = [];
      return counts;
    },
    stop() {
      pass.setBindGroup = original.setBindGroup;
      pass.dispatchWorkgroups = original.dispatchWorkgroups;
      device.createBindGroup = original.createBindGroup;
      device.queue.submit = original.submit;
    },
  };
}

function describe(resource: GPUBindingResource): Bound | null {
  const binding = resource instanceof GPUBuffer ? { buffer: resource } : (resource as GPUBufferBinding);
  if (!(binding.buffer instanceof GPUBuffer)) return null;
  const { buffer, offset = 0, size = buffer.size - offset } = binding;
  return { buffer, bytes: size };
}
