import type { Gpu } from "./device.ts";
import type { Dispatch } from "./dispatch.ts";
import { bufferUsage } from "./flags.ts";
import { type RecordOptions, recordDispatches } from "./record.ts";
import { readBuffer } from "./tensor.ts";

/**
 * Runs dispatches in one pass and measures it on the GPU's own clock.
 *
 * @returns milliseconds, without submission and read-back; null where the adapter has no timestamps
 */
export async function timeDispatches(
  gpu: Gpu,
  dispatches: Iterable<Dispatch>,
  options: Pick<RecordOptions, "rows"> = {},
): Promise<number | null> {
  if (!gpu.device.features.has("timestamp-query")) return null;
  const querySet = gpu.device.createQuerySet({ label: "timing", type: "timestamp", count: 2 });
  const usage = bufferUsage.queryResolve | bufferUsage.copySrc;
  const times = gpu.device.createBuffer({ label: "timing", size: 256, usage });
  try {
    const encoder = gpu.device.createCommandEncoder({ label: "timing" });
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    recordDispatches(encoder, dispatches, { ...options, timestampWrites });
    encoder.resolveQuerySet(querySet, 0, 2, times, 0);
    gpu.device.queue.submit([encoder.finish()]);
    const [begin = 0n, end = 0n] = new BigUint64Array(await readBuffer(gpu, times, 16));
    return Number(end - begin) / 1e6; // the clock counts nanoseconds
  } finally {
    querySet.destroy();
    times.destroy();
  }
}
