import { expect, test } from "vitest";
import type { LoadProgress } from "../../../../src/library/types.ts";
import { currentLoad } from "../../../../src/ui/models/model-load.ts";
import type { ModelRequest, ModelSlot } from "../../../../src/ui/models/model-slot.ts";
import { createTransferMeter, unknownTransfer } from "../../../../src/ui/models/transfer-meter.ts";

const request: ModelRequest = { name: "M", choice: { kind: "hub", id: "a/b" }, quantization: "int8" };

function switching(progress: LoadProgress | null, transfer = unknownTransfer): ModelSlot["snapshot"] {
  return {
    request: { name: "nano", choice: { kind: "folder", url: "n/" }, quantization: "auto" },
    model: { status: "failed", error: { code: "Aborted", message: "", cause: null }, lost: false },
    change: { request, status: "loading", progress, transfer },
  };
}

test("steps, share and words follow the stages", () => {
  expect(currentLoad(switching(null))).toMatchObject({ done: null, text: "Waking the GPU", cancellable: true });
  const transfer = { bytesPerSecond: 2_000_000, secondsLeft: 75 };
  const load = currentLoad(switching({ stage: "download", loadedBytes: 50e6, totalBytes: 200e6 }, transfer));
  expect(load).toMatchObject({
    done: 0.25,
    text: "Downloading the model · 50 MB of 200 MB · 2.0 MB/s · 1 min 15 s left",
    spoken: "M: Downloading the model, 20 percent",
  });
  expect(load?.steps.map(({ state }) => state)).toEqual(["now", "next", "next"]);
  const later = currentLoad(switching({ stage: "convert", loadedBytes: 1, totalBytes: null }));
  expect(later?.steps.map(({ state }) => state)).toEqual(["done", "now", "next"]);
  expect(later).toMatchObject({ done: null, text: "Converting the model", spoken: "M: Converting the model" });
  const begun = currentLoad(switching({ stage: "prepare", loadedBytes: 0, totalBytes: 200e6 }));
  expect(begun).toMatchObject({ done: null, text: "Preparing the model", spoken: "M: Preparing the model" });
  const waiting = currentLoad(switching({ stage: "download", loadedBytes: 0, totalBytes: null, waiting: true }));
  expect(waiting).toMatchObject({ done: null, text: expect.stringMatching(/^Another tab is loading this model/) });
});

test("nothing is loading once a switch has ended", () => {
  const { model, ...rest } = switching(null);
  expect(currentLoad({ ...rest, model, change: { request, status: "stopped", progress: null } })).toBeNull();
});

test("speed is that of the last seconds, and of one stage", () => {
  const meter = createTransferMeter();
  expect(meter.add(0, "download", 0, 1000)).toEqual(unknownTransfer);
  expect(meter.add(1000, "download", 100, 1000)).toEqual({ bytesPerSecond: 100, secondsLeft: 9 });
  // Ten slow seconds are forgotten after as many fast ones.
  for (let second = 2; second <= 10; second++) meter.add(second * 1000, "download", 100, 1000);
  expect(meter.add(18_000, "download", 900, 1000)).toEqual({ bytesPerSecond: 100, secondsLeft: 1 });
  expect(meter.add(18_100, "convert", 5, 10)).toEqual(unknownTransfer);
  // A file that was begun again counts from its new beginning.
  meter.add(20_000, "convert", 9, 10);
  expect(meter.add(21_000, "convert", 2, 10)).toEqual(unknownTransfer);
});
