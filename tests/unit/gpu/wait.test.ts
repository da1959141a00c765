import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gpuDone } from "../../../src/gpu/wait.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A device that, as Firefox's, looks for finished work only when something is submitted. */
function lazyDevice(finishedAfter: number) {
  let resolve: (value: string) => void = () => undefined;
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<string>((done, failed) => {
    [resolve, reject] = [done, failed];
  });
  let nudges = 0;
  const submit = vi.fn((lists: unknown[]) => {
    expect(lists).toEqual([]);
    if (++nudges === finishedAfter) resolve("done");
  });
  return { gpu: { device: { queue: { submit } } as unknown as GPUDevice }, promise, reject, submit };
}

it("nudges every few milliseconds until the work is done, and not after", async () => {
  const { gpu, promise, submit } = lazyDevice(3);
  const waiting = gpuDone(gpu, promise, true);
  await vi.advanceTimersByTimeAsync(100);
  expect(await waiting).toBe("done");
  expect(submit).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
});

it("stops where the wait fails", async () => {
  const { gpu, promise, reject, submit } = lazyDevice(1000);
  const waiting = gpuDone(gpu, promise, true);
  await vi.advanceTimersByTimeAsync(10);
  reject(new Error("lost"));
  await expect(waiting).rejects.toThrow("lost");
  const before = submit.mock.calls.length;
  await vi.advanceTimersByTimeAsync(100);
  expect(submit).toHaveBeenCalledTimes(before);
});

it("leaves other browsers alone", async () => {
  const { gpu, submit } = lazyDevice(1);
  expect(await gpuDone(gpu, Promise.resolve(1), false)).toBe(1);
  expect(submit).not.toHaveBeenCalled();
});
