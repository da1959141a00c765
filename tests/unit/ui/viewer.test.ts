import { expect, test, vi } from "vitest";
import { AuroraError, type ErrorData } from "../../../src/errors.ts";
import type { Assistant, OpenOptions, SessionSnapshot } from "../../../src/session/types.ts";
import { createStore } from "../../../src/ui/parts/store.ts";
import { type ChosenVideo, createViewer, type ModelRequest } from "../../../src/ui/viewer.ts";

const request: ModelRequest = { name: "m", choice: { kind: "folder", url: "m/" }, quantization: "auto" };
const other: ModelRequest = { name: "n", choice: { kind: "stored", key: "n-int8" }, quantization: "int8" };

const clip = (name: string): ChosenVideo => ({ source: name, url: name, name, questions: [] });

/** An assistant whose sessions are stores that the test moves on; `lose` loses its GPU. */
function testAssistant() {
  let lose: (error: ErrorData) => void = () => undefined;
  const failed = new Promise<ErrorData>((resolve) => {
    lose = resolve;
  });
  const sessions: { source: unknown; store: ReturnType<typeof sessionStore>; close: ReturnType<typeof vi.fn> }[] = [];
  const watch = vi.fn((source: Blob | string) => {
    const store = sessionStore();
    const close = vi.fn(async () => undefined);
    sessions.push({ source, store, close });
    return Object.assign(store, { close });
  });
  const close = vi.fn(async () => undefined);
  return {
    assistant: { model: { name: "test" }, failed, watch, close } as unknown as Assistant,
    sessions,
    close,
    lose,
  };
}

function sessionStore() {
  return createStore({ status: "opening", framesWatched: 0, error: null } as SessionSnapshot);
}

test("a video chosen while the model loads is watched once it is there", async () => {
  const { assistant, sessions } = testAssistant();
  const viewer = createViewer(async () => assistant, request);
  viewer.choose(clip("a"));
  expect(viewer.snapshot.session).toBeNull();
  await viewer.load();
  expect(sessions.map((session) => session.source)).toEqual(["a"]);
  viewer.choose(clip("b"));
  expect(sessions.map((session) => session.source)).toEqual(["a", "b"]);
  expect(sessions[0]?.close).toHaveBeenCalledOnce();
});

test("a question waits for the model and the first frame", async () => {
  const { assistant, sessions } = testAssistant();
  const viewer = createViewer(async () => assistant, request);
  viewer.choose(clip("a"));
  const asked = vi.fn();
  const askable = viewer.askable(new AbortController().signal).then(asked);
  await viewer.load();
  await Promise.resolve();
  expect(asked).not.toHaveBeenCalled();
  const store = sessions[0]?.store;
  store?.set({ ...store.snapshot, status: "watching", framesWatched: 1 });
  await askable;
  expect(asked).toHaveBeenCalledWith({ session: viewer.snapshot.session, modelName: "test" });
});

test("a question about a video that cannot be watched gets the reason", async () => {
  const { assistant, sessions } = testAssistant();
  const viewer = createViewer(async () => assistant, request);
  await viewer.load();
  viewer.choose(clip("a"));
  const error = { code: "CodecUnsupported", message: "No HEVC here.", cause: null } as const;
  const store = sessions[0]?.store;
  store?.set({ ...store.snapshot, status: "failed", error });
  await expect(viewer.askable(new AbortController().signal)).rejects.toMatchObject({
    code: error.code,
    message: error.message,
  });
});

test("when the GPU is lost, loading again watches the same video", async () => {
  const [first, second] = [testAssistant(), testAssistant()];
  const open = vi.fn<(options: OpenOptions) => Promise<Assistant>>();
  open.mockResolvedValueOnce(first.assistant).mockResolvedValueOnce(second.assistant);
  const viewer = createViewer(open, request);
  await viewer.load();
  viewer.choose(clip("a"));
  first.lose({ code: "DeviceLost", message: "Lost.", cause: null });
  await vi.waitFor(() => expect(viewer.snapshot.model).toMatchObject({ status: "failed", lost: true }));
  await viewer.load();
  expect(first.close).toHaveBeenCalledOnce();
  expect(second.sessions.map((session) => session.source)).toEqual(["a"]);
});

test("a failed download is told, and trying again goes on", async () => {
  const { assistant } = testAssistant();
  const open = vi.fn<(options: OpenOptions) => Promise<Assistant>>();
  open.mockRejectedValueOnce(new AuroraError("DownloadFailed", "Broke off.")).mockResolvedValueOnce(assistant);
  const viewer = createViewer(open, request);
  await viewer.load();
  expect(viewer.snapshot.model).toMatchObject({ status: "failed", lost: false, error: { message: "Broke off." } });
  await viewer.load();
  expect(viewer.snapshot.model.status).toBe("ready");
});

/** An opening that the test moves on by hand. */
function testOpening() {
  const calls: { options: OpenOptions; resolve: (assistant: Assistant) => void; reject: (error: Error) => void }[] = [];
  const open = (options: OpenOptions) =>
    new Promise<Assistant>((resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(new AuroraError("Aborted", "Stopped.")));
      calls.push({ options, resolve, reject });
    });
  return { open, calls };
}

async function viewerWithModel() {
  const first = testAssistant();
  const { open, calls } = testOpening();
  const viewer = createViewer(open, request);
  const loaded = viewer.load();
  calls[0]?.resolve(first.assistant);
  await loaded;
  viewer.choose(clip("a"));
  return { viewer, first, calls };
}

test("the model in use serves until the new one needs the GPU, and is closed before that", async () => {
  const { viewer, first, calls } = await viewerWithModel();
  const switched = viewer.switchTo(other);
  const report = calls[1]?.options.onProgress;
  report?.({ stage: "download", loadedBytes: 10, totalBytes: 100 });
  expect(viewer.snapshot).toMatchObject({
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
  expect(first.sessions[0]?.close).toHaveBeenCalledOnce();
  expect(viewer.snapshot).toMatchObject({ request: other, model: { status: "loading" }, change: null, session: null });
  const second = testAssistant();
  calls[1]?.resolve(second.assistant);
  expect(await switched).toBe(true);
  // The video that is on the page is watched anew.
  expect(second.sessions.map(({ source }) => source)).toEqual(["a"]);
});

test("a switch that fails or is cancelled leaves the model in use alone", async () => {
  const { viewer, first, calls } = await viewerWithModel();
  const failed = viewer.switchTo(other);
  calls[1]?.reject(new AuroraError("DownloadFailed", "Broke off."));
  expect(await failed).toBe(false);
  expect(viewer.snapshot.change).toMatchObject({ status: "failed", error: { message: "Broke off." } });
  const cancelled = viewer.switchTo(other);
  calls[2]?.options.onProgress?.({ stage: "download", loadedBytes: 50, totalBytes: 100 });
  viewer.cancelSwitch();
  expect(await cancelled).toBe(false);
  expect(calls[2]?.options.signal?.aborted).toBe(true);
  expect(viewer.snapshot).toMatchObject({
    request,
    model: { status: "ready" },
    change: { status: "stopped", progress: { loadedBytes: 50 } },
  });
  expect(first.close).not.toHaveBeenCalled();
  viewer.dismissSwitch();
  expect(viewer.snapshot.change).toBeNull();
});

test("a model that does not fit fails in the open, and another can be loaded in its place", async () => {
  const { viewer, calls } = await viewerWithModel();
  const switched = viewer.switchTo(other);
  await calls[1]?.options.beforeLoading?.();
  calls[1]?.reject(new AuroraError("OutOfMemory", "Too large."));
  expect(await switched).toBe(false);
  expect(viewer.snapshot).toMatchObject({
    request: other,
    model: { status: "failed", error: { code: "OutOfMemory" } },
  });
  const third = testAssistant();
  const back = viewer.load(request);
  calls[2]?.resolve(third.assistant);
  await back;
  expect(viewer.snapshot).toMatchObject({ request, model: { status: "ready" } });
  expect(third.sessions).toHaveLength(1);
});

test("of two switches the later one counts", async () => {
  const { viewer, calls } = await viewerWithModel();
  const early = viewer.switchTo(other);
  const late = viewer.switchTo({ ...other, name: "late" });
  expect(calls[1]?.options.signal?.aborted).toBe(true);
  expect(await early).toBe(false);
  const { assistant } = testAssistant();
  calls[2]?.resolve(assistant);
  expect(await late).toBe(true);
  expect(viewer.snapshot.request.name).toBe("late");
});
