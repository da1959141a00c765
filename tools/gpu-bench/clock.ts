import type { Gpu } from "../../src/gpu/device.ts";
import type { Dispatch } from "../../src/gpu/dispatch.ts";
import { runDispatches } from "../../src/gpu/record.ts";
import { timeDispatches } from "../../src/gpu/timing.ts";
import { gpuIdle } from "../../src/gpu/wait.ts";
import { median } from "../page/bench/measure.ts";

const rounds = 5;

/** Milliseconds of one measurement at least, and most repetitions in it. */
const leastMs = 2;
const mostRepeats = 200;

/** Milliseconds that each list of dispatches takes on the GPU's clock, without one on ours; medians of rounds in turn. */
export async function gpuTimes(gpu: Gpu, lists: readonly (readonly Dispatch[])[], rows: number): Promise<number[]> {
  const repeated: { dispatches: readonly Dispatch[]; repeats: number; times: number[] }[] = [];
  for (const dispatches of lists) {
    const once = await time(gpu, dispatches, rows);
    const repeats = Math.max(1, Math.min(mostRepeats, Math.ceil(leastMs / once)));
    repeated.push({ dispatches: Array.from({ length: repeats }, () => dispatches).flat(), repeats, times: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { dispatches, repeats, times } of repeated) times.push((await time(gpu, dispatches, rows)) / repeats);
  }
  return repeated.map(({ times }) => median(times));
}

async function time(gpu: Gpu, dispatches: readonly Dispatch[], rows: number): Promise<number> {
  const onGpu = await timeDispatches(gpu, dispatches, { rows });
  if (onGpu !== null) return onGpu;
  await gpuIdle(gpu);
  const begin = performance.now();
  runDispatches(gpu, dispatches, { rows });
  await gpuIdle(gpu);
  return performance.now() - begin;
}
