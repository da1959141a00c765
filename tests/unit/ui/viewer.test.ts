import { expect, test, vi } from "vitest";
import { AuroraError, type ErrorData } from "../../../src/errors.ts";
import type { Assistant, OpenOptions, SessionSnapshot } from "../../../src/session/types.ts";
import { createStore } from "../../../src/ui/store.ts";
import { type ChosenVideo, createViewer } from "../../../src/ui/viewer.ts";

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
  const close = vi.fn();
  return { assistant: { failed, watch, close } as unknown as Assistant, sessions, close, lose };
}

function sessionStore() {
  return createStore({ status: "opening", framesWatched: 0, error: null } as SessionSnapshot);
}

test("a video chosen while the model loads is watched once it is there", async () => {
  const { assistant, sessions } = testAssistant();
  const viewer = createViewer(async () => assistant, { model: "m" });
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
  const viewer = createViewer(async () => assistant, { model: "m" });
  viewer.choose(clip("a"));
  const asked = vi.fn();
  const askable = viewer.askable(new AbortController().signal).then(asked);
  await viewer.load();
  await Promise.resolve();
  expect(asked).not.toHaveBeenCalled();
  const store = sessions[0]?.store;
  store?.set({ ...store.snapshot, status: "watching", framesWatched: 1 });
  await askable;
  expect(asked).toHaveBeenCalledWith(viewer.snapshot.session);
});

test("a question about a video that cannot be watched gets the reason", async () => {
  const { assistant, sessions } = testAssistant();
  const viewer = createViewer(async () => assistant, { model: "m" });
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
  const viewer = createViewer(open, { model: "m" });
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
  const viewer = createViewer(open, { model: "m" });
  await viewer.load();
  expect(viewer.snapshot.model).toMatchObject({ status: "failed", lost: false, error: { message: "Broke off." } });
  await viewer.load();
  expect(viewer.snapshot.model.status).toBe("ready");
});
