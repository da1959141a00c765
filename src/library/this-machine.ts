import { describeAdapter } from "../gpu/device.ts";
import { type GpuLimits, readGpuLimits } from "./gpu-budget.ts";

/** Limits of the adapter that a model would be loaded on; of nothing where there is none. */
export async function readLimits(): Promise<GpuLimits> {
  const gpu = (navigator as { gpu?: GPU }).gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return { maxBufferSize: 0, software: true, half: false, deviceMemory: null };
  return readGpuLimits(adapter, describeAdapter(adapter));
}

/** What the browser says that may still be stored, which is a guess at best; null where it says nothing. */
export async function readFreeBytes(): Promise<number | null> {
  const { quota, usage } = (await navigator.storage?.estimate().catch(() => ({}) as StorageEstimate)) ?? {};
  return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
}
