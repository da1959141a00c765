import { afterEach, beforeEach, expect, it } from "vitest";
import { cdp } from "vitest/browser";
import { choosePlace } from "../../../src/library/choose-place.ts";
import type { LoadProgress, ModelChoice } from "../../../src/library/types.ts";
import { hashStored, hub, library, offer, spoil, takeRequests } from "../hub.ts";
import { openInWorker } from "./open-in-worker.ts";

const nano: ModelChoice = { kind: "hub", hub, id: "someone/nano" };
const weights = "model.safetensors";

/** The part of Chromium's debugging protocol that is used here. */
type Debugger = { send(method: string, parameters: Record<string, unknown>): Promise<unknown> };

/** Sets how much this origin may store; null takes the limit away. */
async function limitStorage(bytes: number | null): Promise<void> {
  const quota = bytes === null ? {} : { quotaSize: bytes };
  await (cdp() as Debugger).send("Storage.overrideQuotaForOrigin", { origin: location.origin, ...quota });
}

async function usedBytes(): Promise<number> {
  return (await navigator.storage.estimate()).usage ?? 0;
}

beforeEach(async () => {
  await offer("someone/nano", "public/models/nano");
  await spoil(weights);
  await library.remove();
  await takeRequests();
});
afterEach(() => limitStorage(null));

it("a disk without the room is told of with both figures before anything is downloaded", async () => {
  // Another form of it is there, which could be deleted.
  await openInWorker(nano, { quantization: "f16" });
  await takeRequests();
  await limitStorage((await usedBytes()) + 7_000_000);
  await expect(openInWorker(nano)).rejects.toMatchObject({
    code: "StorageFull",
    message: expect.stringMatching(/needs 1\d\.\d MB more disk space, and [67]\.\d MB are free/),
  });
  expect((await takeRequests()).filter((request) => request.includes(weights) && !request.includes("bytes="))).toEqual(
    [],
  );
  expect((await library.usage()).partialBytes).toBe(0);
  await library.remove();
  await openInWorker(nano);
  expect(await library.list()).toHaveLength(1);
});

it.each([
  ["download", { kind: "stall", after: 3_000_000 }],
  ["convert", { kind: "none" }],
] as const)("a disk that fills up during %s keeps what is there, and room lets it go on", async (stage, fault) => {
  await openInWorker(nano);
  const good = await library.list().then(([model]) => model && hashStored(model));
  await library.remove();

  await spoil(weights, { kind: "none" }, fault);
  let limited = false;
  const onProgress = (now: LoadProgress) => {
    const reached = stage === "download" ? now.loadedBytes > 2_000_000 : now.stage === "convert";
    if (!reached || limited) return;
    limited = true;
    void usedBytes().then((used) => limitStorage(used + 10_000));
  };
  await expect(openInWorker(nano, { onProgress })).rejects.toMatchObject({
    code: "StorageFull",
    message: expect.stringMatching(/more disk space, and .* are free.*goes on where it stopped/),
  });
  expect(await library.list()).toEqual([]);
  expect((await library.usage()).partialBytes).toBeGreaterThan(1_000_000);
  await limitStorage(null);
  await takeRequests();
  await openInWorker(nano);
  const [model] = await library.list();
  expect(model && (await hashStored(model))).toEqual(good);
  // What had arrived was not asked for again.
  expect((await takeRequests()).filter((request) => request.endsWith(weights))).toEqual([]);
});

it("a window that may store nothing at all has models in memory as long as they fit", async () => {
  const place = await choosePlace(null, { totalBytes: 5e8, missingBytes: 5e8 });
  expect([place.store.place, place.notice]).toEqual([
    "memory",
    expect.stringMatching(/may store nothing.*in memory only/),
  ]);
  await expect(choosePlace(null, { totalBytes: 9e9, missingBytes: 9e9 })).rejects.toMatchObject({
    code: "StorageFull",
    message: expect.stringMatching(/needs 9\.00 GB, too much for memory\. Use a normal window or a smaller model/),
  });
});

it("a window that may store next to nothing has the model in memory, and says so", async () => {
  await limitStorage((await usedBytes()) + 500_000);
  const opened = await openInWorker(nano);
  expect(opened?.notices).toEqual([expect.stringMatching(/may store only .* in memory only: it is downloaded again/)]);
  expect(await library.list()).toEqual([]);
  expect(await library.usage()).toMatchObject({ modelBytes: 0, partialBytes: 0 });
});
