import { thisBrowser } from "../browsers.ts";
import type { Gpu } from "./device.ts";
import { mapModeRead } from "./flags.ts";

/** Milliseconds between two nudges. */
const nudgeMs = 4;

/**
 * Firefox looks for work that the GPU has finished every 100 ms only, or when something is submitted
 * (https://bugzilla.mozilla.org/show_bug.cgi?id=1870699).
 */
const needsNudging = /\bFirefox\//.test(thisBrowser().userAgent);

/** What the GPU promises, at the time it is there and not later: every wait for the GPU goes through here. */
export async function gpuDone<T>({ device }: Pick<Gpu, "device">, done: Promise<T>, nudge = needsNudging): Promise<T> {
  if (!nudge) return done;
  const timer = setInterval(() => device.queue.submit([]), nudgeMs);
  try {
    return await done;
  } finally {
    clearInterval(timer);
  }
}

/** Waits until all that was submitted is done. */
export async function gpuIdle(gpu: Gpu): Promise<void> {
  await gpuDone(gpu, gpu.device.queue.onSubmittedWorkDone());
}

/** Maps a buffer for reading, once all that was submitted before is done. */
export async function mapForReading(gpu: Gpu, buffer: GPUBuffer): Promise<void> {
  await gpuDone(gpu, buffer.mapAsync(mapModeRead));
}
