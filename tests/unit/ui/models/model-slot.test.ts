import { expect, test, vi } from "vitest";
import { AuroraError } from "../../../../src/errors.ts";
import type { Assistant, OpenOptions } from "../../../../src/session/types.ts";
import { createModelSlot } from "../../../../src/ui/models/model-slot.ts";
import { other, request, testAssistant, testOpening } from "../test-assistant.ts";

test("a model is loading, then ready", async () => {
  const { assistant } = testAssistant();
  const { open, calls } = testOpening();
  const slot = createModelSlot(open, request);
  const loaded = slot.load();
  const progress = { stage: "download", loadedBytes: 1, totalBytes: 2 } as const;
  calls[0]?.options.onProgress?.(progress);
  expect(slot.snapshot).toEqual({ request, model: { status: "loading", progress }, change: null });
  calls[0]?.resolve(assistant);
  await loaded;
  expect(slot.snapshot).toEqual({ request, model: { status: "ready", assistant }, change: null });
});

test("when the GPU is lost, that is told, and loading again closes what is left of the model first", async () => {
  const [first, second] = [testAssistant(), testAssistant()];
  const open = vi.fn<(options: OpenOptions) => Promise<Assistant>>();
  open.mockResolvedValueOnce(first.assistant).mockResolvedValueOnce(second.assistant);
  const slot = createModelSlot(open, request);
  await slot.load();
  first.lose({ code: "DeviceLost", message: "Lost.", cause: null });
  await vi.waitFor(() => expect(slot.snapshot.model).toMatchObject({ status: "failed", lost: true }));
  await slot.load();
  expect(first.close).toHaveBeenCalledOnce();
  expect(slot.snapshot.model).toEqual({ status: "ready", assistant: second.assistant });
});

test("what a model that was replaced still reports is dropped", async () => {
  const [first, second] = [testAssistant(), testAssistant()];
  const open = vi.fn<(options: OpenOptions) => Promise<Assistant>>();
  open.mockResolvedValueOnce(first.assistant).mockResolvedValueOnce(second.assistant);
  const slot = createModelSlot(open, request);
  await slot.load();
  await slot.load();
  open.mock.calls[0]?.[0].onProgress?.({ stage: "gpu", loadedBytes: 0, totalBytes: null });
  first.lose({ code: "DeviceLost", message: "Lost.", cause: null });
  await first.assistant.failed;
  await Promise.resolve();
  expect(slot.snapshot.model).toEqual({ status: "ready", assistant: second.assistant });
});

test("a failed download is told, and trying again goes on", async () => {
  const { assistant } = testAssistant();
  const open = vi.fn<(options: OpenOptions) => Promise<Assistant>>();
  open.mockRejectedValueOnce(new AuroraError("DownloadFailed", "Broke off.")).mockResolvedValueOnce(assistant);
  const slot = createModelSlot(open, request);
  await slot.load();
  expect(slot.snapshot.model).toMatchObject({ status: "failed", lost: false, error: { message: "Broke off." } });
  await slot.load();
  expect(slot.snapshot.model.status).toBe("ready");
});

async function slotWithModel() {
  const first = testAssistant();
  const { open, calls } = testOpening();
  const slot = createModelSlot(open, request);
  const loaded = slot.load();
  calls[0]?.resolve(first.assistant);
  await loaded;
  return { slot, first, calls };
}

test("the model in use serves until the new one needs the GPU, and is closed before that", async () => {
  const { slot, first, calls } = await slotWithModel();
  const switched = slot.switchTo(other);
  const report = calls[1]?.options.onProgress;
  report?.({ stage: "download", loadedBytes: 10, totalBytes: 100 });
  expect(slot.snapshot).toMatchObject({
    request,
    model: { status: "ready" },
    change: { status: "loading", request: other, progress: { loadedBytes: 10 } },
  });
  expect(first.close).not.toHaveBeenCalled();
  let freed: () => void = () => undefined;
  first.close.mockReturnValueOnce(
    new Promise((resolve) => {
      freed = () => resolve(undefined);
    }),
  );
  let mayLoad = false;
  const waiting = calls[1]?.options.beforeLoading?.().then(() => {
    mayLoad = true;
  });
  await Promise.resolve();
  expect(first.close).toHaveBeenCalledOnce();
  expect(mayLoad).toBe(false);
  freed();
  await waiting;
  report?.({ stage: "prepare", loadedBytes: 0, totalBytes: 100 });
  expect(slot.snapshot).toMatchObject({ request: other, model: { status: "loading" }, change: null });
  const second = testAssistant();
  calls[1]?.resolve(second.assistant);
  expect(await switched).toBe(true);
  expect(slot.snapshot.model).toEqual({ status: "ready", assistant: second.assistant });
});

test("a model is out of the snapshot before it is closed", async () => {
  const { slot, first, calls } = await slotWithModel();
  let statusAtClose = "";
  first.close.mockImplementationOnce(async () => {
    statusAtClose = slot.snapshot.model.status;
  });
  void slot.switchTo(other);
  await calls[1]?.options.beforeLoading?.();
  expect(statusAtClose).toBe("loading");
});

test("a switch that fails or is cancelled leaves the model in use alone", async () => {
  const { slot, first, calls } = await slotWithModel();
  const failed = slot.switchTo(other);
  calls[1]?.reject(new AuroraError("DownloadFailed", "Broke off."));
  expect(await failed).toBe(false);
  expect(slot.snapshot.change).toMatchObject({ status: "failed", error: { message: "Broke off." } });
  const cancelled = slot.switchTo(other);
  calls[2]?.options.onProgress?.({ stage: "download", loadedBytes: 50, totalBytes: 100 });
  slot.cancelSwitch();
  expect(await cancelled).toBe(false);
  expect(calls[2]?.options.signal?.aborted).toBe(true);
  expect(slot.snapshot).toMatchObject({
    request,
    model: { status: "ready" },
    change: { status: "stopped", progress: { loadedBytes: 50 } },
  });
  // What it asks for too late does not make room for it.
  await calls[2]?.options.beforeLoading?.();
  expect(slot.snapshot.model.status).toBe("ready");
  expect(first.close).not.toHaveBeenCalled();
  slot.dismissSwitch();
  expect(slot.snapshot.change).toBeNull();
});

test("a model that does not fit fails in the open, and another can be loaded in its place", async () => {
  const { slot, calls } = await slotWithModel();
  const switched = slot.switchTo(other);
  await calls[1]?.options.beforeLoading?.();
  calls[1]?.reject(new AuroraError("OutOfMemory", "Too large."));
  expect(await switched).toBe(false);
  expect(slot.snapshot).toMatchObject({
    request: other,
    model: { status: "failed", error: { code: "OutOfMemory" } },
  });
  const third = testAssistant();
  const back = slot.load(request);
  calls[2]?.resolve(third.assistant);
  await back;
  expect(slot.snapshot).toMatchObject({ request, model: { status: "ready" } });
});

test("of two switches the later one counts", async () => {
  const { slot, calls } = await slotWithModel();
  const early = slot.switchTo(other);
  const late = slot.switchTo({ ...other, name: "late" });
  expect(calls[1]?.options.signal?.aborted).toBe(true);
  expect(await early).toBe(false);
  const { assistant } = testAssistant();
  calls[2]?.resolve(assistant);
  expect(await late).toBe(true);
  expect(slot.snapshot.request.name).toBe("late");
});
