import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cdp } from "vitest/browser";
import { countSpills, sweepSpills } from "../../../src/storage/spill-file.ts";
import { library } from "../hub.ts";
import type { SpillOrder } from "./spill-worker.ts";

const workers: Worker[] = [];

/** A worker that spills, and what it is told to do. */
function startWorker() {
  const worker = new Worker(new URL("./spill-worker.ts", import.meta.url), { type: "module" });
  workers.push(worker);
  const order = (what: SpillOrder) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(what);
    });
  return { order, end: () => worker.terminate() };
}

/** Writes a file as versions of the app did that had no folder for it. */
async function leaveOld(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  const writer = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writer.write(new Uint8Array(500));
  await writer.close();
}

beforeEach(() => library.remove());
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.terminate();
  // The browser takes a moment to notice that a worker is gone.
  await vi.waitFor(async () => {
    await sweepSpills();
    expect(await countSpills()).toBe(0);
  });
});

it("a spill is counted and left alone while its worker lives, and gone when that removes it", async () => {
  const { order } = startWorker();
  expect(await order({ write: 100_000 })).toBe(100_000);
  expect(await library.usage()).toMatchObject({ modelBytes: 0, partialBytes: 0, spillBytes: 100_000 });
  await sweepSpills();
  await library.remove();
  expect((await library.usage()).spillBytes).toBe(100_000);
  expect(await order("read")).toEqual([2, 3, 4, 5]);
  await order("remove");
  expect((await library.usage()).spillBytes).toBe(0);
});

it("what an ended worker left is swept when the next one spills; what is in use is not", async () => {
  const [dead, alive] = [startWorker(), startWorker()];
  await dead.order({ write: 70_000 });
  await alive.order({ write: 3000 });
  expect((await library.usage()).spillBytes).toBe(73_000);
  dead.end();
  await vi.waitFor(async () => {
    const next = startWorker();
    await next.order({ write: 20 });
    await next.order("remove");
    expect((await library.usage()).spillBytes).toBe(3000);
  }, 30_000);
  expect(await alive.order("read")).toEqual([2, 3, 4, 5]);
});

it("deleting everything deletes what an ended worker left, and what older versions did", async () => {
  const dead = startWorker();
  await dead.order({ write: 70_000 });
  const origin = await navigator.storage.getDirectory();
  await leaveOld(origin, "kept-tokens-1");
  await leaveOld(await origin.getDirectoryHandle("aurora-models"), "probe-1");
  expect((await library.usage()).spillBytes).toBe(71_000);
  dead.end();
  await vi.waitFor(async () => {
    await library.remove();
    expect((await library.usage()).spillBytes).toBe(0);
  });
  const names: string[] = [];
  for await (const name of origin.keys()) names.push(name);
  expect(names).toEqual(["aurora-models"]);
});

it("a spill that finds the disk full says so, and what was written before can be read", async () => {
  const { order } = startWorker();
  await order({ write: 1000 });
  const send = cdp().send as (method: string, parameters: Record<string, unknown>) => Promise<unknown>;
  const { usage = 0 } = await navigator.storage.estimate();
  await send("Storage.overrideQuotaForOrigin", { origin: location.origin, quotaSize: usage + 10_000 });
  try {
    expect(await order({ write: 5_000_000 })).toBe("full");
    expect(await order("read")).toEqual([2, 3, 4, 5]);
  } finally {
    await send("Storage.overrideQuotaForOrigin", { origin: location.origin });
  }
});
