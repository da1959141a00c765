import type { Gpu } from "../gpu/device.ts";

/**
 * Threads that share the sums over a row of `width` elements (`LANES` of lane-sum.wgsl). On software adapters 4: they compute
 * four threads at once and pay for every barrier of every thread.
 */
export function rowLanes(gpu: Gpu, width: number): number {
  if (gpu.adapter.software) return 4;
  return width < 1024 ? 64 : 256;
}
