import { expect, test, vi } from "vitest";
import { AuroraError } from "../../../../src/errors.ts";
import { emptySnapshot, type Session } from "../../../../src/session/types.ts";
import { createModelSlot } from "../../../../src/ui/models/model-slot.ts";
import { createStore } from "../../../../src/ui/parts/store.ts";
import type { ChosenVideo } from "../../../../src/ui/watch/chosen-video.ts";
import { createWatchedVideo } from "../../../../src/ui/watch/watched-video.ts";
import { other, request, testAssistant, testOpening } from "../test-assistant.ts";

const clip = (name: string): ChosenVideo => ({
  source: name,
  name,
  questions: [],
  urls: [name],
  live: null,
  own: true,
  release: () => undefined,
});
const never = () => new AbortController().signal;

/** A slot whose openings the test moves on by hand, and the video that its models watch. */
function testPage(saved?: Parameters<typeof createWatchedVideo>[2]) {
  const { open, calls } = testOpening();
  const slot = createModelSlot(open, request);
  const watched = createWatchedVideo(slot, undefined, saved);
  return { slot, watched, calls };
}

async function pageWithModel(log: string[] = [], saved?: Parameters<typeof createWatchedVideo>[2]) {
  const page = testPage(saved);
  const first = testAssistant(log);
  const loaded = page.slot.load();
  page.calls[0]?.resolve(first.assistant);
  await loaded;
  return { ...page, first };
}

test("a video chosen while the model loads is watched once it is there", async () => {
  const { slot, watched, calls } = testPage();
  const { assistant, sessions } = testAssistant();
  const loaded = slot.load();
  watched.choose(clip("a"));
  expect(watched.snapshot.session).toBeNull();
  calls[0]?.resolve(assistant);
  await loaded;
  expect(sessions.map((session) => session.source)).toEqual(["a"]);
  watched.choose(clip("b"));
  expect(sessions.map((session) => session.source)).toEqual(["a", "b"]);
  expect(sessions[0]?.close).toHaveBeenCalledOnce();
});

test("watching again begins another session of the same video", async () => {
  const { watched, first } = await pageWithModel();
  watched.choose(clip("a"));
  const { session, showing } = watched.snapshot;
  watched.watchAgain();
  expect(first.sessions.map(({ source }) => source)).toEqual(["a", "a"]);
  expect(first.sessions[0]?.close).toHaveBeenCalledOnce();
  expect(watched.snapshot.session).not.toBe(session);
  expect(watched.snapshot).toMatchObject({ video: { name: "a" }, showing: showing + 1 });
});

test("the model in use goes on watching while another one comes", async () => {
  const { slot, watched, first, calls } = await pageWithModel();
  watched.choose(clip("a"));
  const { session } = watched.snapshot;
  void slot.switchTo(other);
  calls[1]?.options.onProgress?.({ stage: "download", loadedBytes: 10, totalBytes: 100 });
  slot.cancelSwitch();
  slot.dismissSwitch();
  expect(watched.snapshot.session).toBe(session);
  expect(first.sessions).toHaveLength(1);
  expect(first.sessions[0]?.close).not.toHaveBeenCalled();
});

test("a model that takes the other's place watches the video anew", async () => {
  const { slot, watched, first, calls } = await pageWithModel();
  watched.choose(clip("a"));
  const { showing } = watched.snapshot;
  const switched = slot.switchTo(other);
  await calls[1]?.options.beforeLoading?.();
  expect(first.sessions[0]?.close).toHaveBeenCalledOnce();
  expect(watched.snapshot.session).toBeNull();
  const second = testAssistant();
  calls[1]?.resolve(second.assistant);
  expect(await switched).toBe(true);
  expect(second.sessions.map(({ source }) => source)).toEqual(["a"]);
  // The same video stays on the page, with what the person chose in it.
  expect(watched.snapshot).toMatchObject({ video: { name: "a" }, showing });
});

test("the session is closed before the model that watches in it", async () => {
  const log: string[] = [];
  const { slot, watched, calls } = await pageWithModel(log);
  watched.choose(clip("a"));
  void slot.switchTo(other);
  await calls[1]?.options.beforeLoading?.();
  expect(log).toEqual(["session", "assistant"]);
});

test("a lost model leaves what was watched; loading again watches the same video", async () => {
  const { slot, watched, first, calls } = await pageWithModel();
  watched.choose(clip("a"));
  const { session } = watched.snapshot;
  const lost = { code: "DeviceLost", message: "Lost.", cause: null } as const;
  first.lose(lost);
  await vi.waitFor(() => expect(slot.snapshot.model).toMatchObject({ status: "failed", lost: true }));
  expect(watched.snapshot.session).toBe(session);
  await expect(watched.askable(never())).rejects.toMatchObject({ code: lost.code, message: lost.message });
  const second = testAssistant();
  const loaded = slot.load();
  calls[1]?.resolve(second.assistant);
  await loaded;
  expect(first.close).toHaveBeenCalledOnce();
  expect(first.sessions[0]?.close).toHaveBeenCalledOnce();
  expect(second.sessions.map(({ source }) => source)).toEqual(["a"]);
});

test.each([
  ["goes on from what its session had saved", "same", true],
  ["watches anew where what was saved belongs to another model", "other", false],
])("a lost model that is loaded again %s", async (_, sha256, goesOn) => {
  const file = new Blob(["memory"]);
  const saved = { ...savedSession, file, model: { ...savedSession.model, sha256 } };
  const forget = vi.fn(async () => undefined);
  const find = vi.fn(async () => saved);
  const { slot, watched, first, calls } = await pageWithModel([], { find, forget });
  watched.choose(clip("a"));
  first.sessions[0]?.store.set({ ...emptySnapshot, savedAs: "s" });
  first.lose({ code: "DeviceLost", message: "Lost.", cause: null });
  await vi.waitFor(() => expect(slot.snapshot.model.status).toBe("failed"));
  const second = testAssistant();
  const heir = createStore({ ...emptySnapshot, savedAs: "heir" });
  const opened = { ...heir, close: async () => undefined } as unknown as Session;
  const open = vi.fn(async () => opened);
  Object.assign(second.assistant, { open, model: { name: "test", sees: true, sha256: "same" } });
  const loaded = slot.load();
  calls[1]?.resolve(second.assistant);
  await loaded;
  await vi.waitFor(() => expect(watched.snapshot.session).not.toBeNull());
  expect(find).toHaveBeenCalledWith("s");
  expect(open.mock.calls).toEqual(goesOn ? [[file, { video: "a" }]] : []);
  expect(second.sessions.map(({ source }) => source)).toEqual(goesOn ? [] : ["a"]);
  if (goesOn) {
    expect(watched.snapshot.session).toBe(opened);
    await vi.waitFor(() => expect(forget).toHaveBeenCalledWith("s"));
  }
});

const savedSession = {
  id: "s",
  name: "a",
  watchedUntilSeconds: 3,
  questions: 0,
  lineage: null,
  savedMs: 0,
  model: { name: "test", sha256: "same", quantization: "f16" },
};

test("a memory is opened in place of the video, and one that cannot be leaves everything as it is", async () => {
  const { watched, first } = await pageWithModel();
  watched.choose(clip("a"));
  const before = watched.snapshot;
  const refused = new AuroraError("MemoryUnreadable", "Not whole.");
  const opened = { ...createStore({ ...emptySnapshot, video: { name: "b" } }), close: async () => undefined };
  const open = vi.fn(async (file: Blob) => (file.size > 0 ? (opened as unknown as Session) : Promise.reject(refused)));
  Object.assign(first.assistant, { open });
  await expect(watched.openMemory(new Blob())).rejects.toBe(refused);
  expect(watched.snapshot).toBe(before);
  const file = new Blob(["memory"]);
  await watched.openMemory(file);
  expect(watched.snapshot).toMatchObject({ session: opened, video: { name: "b", source: null, memory: file } });
  expect(first.sessions[0]?.close).toHaveBeenCalledOnce();
  await watched.openMemory(file, clip("c"));
  expect(open).toHaveBeenLastCalledWith(file, { video: "c" });
  expect(watched.snapshot.video).toMatchObject({ name: "c", source: "c", memory: file });
});

test("a memory that goes on keeps what the session before had saved until the next one has saved itself", async () => {
  const onDisk = new Set(["before"]);
  const forget = vi.fn(async (id: string) => void onDisk.delete(id));
  const find = async (id: string) => (onDisk.has(id) ? { ...savedSession, file: new Blob() } : null);
  const { watched, first } = await pageWithModel([], { find, forget });
  watched.choose(clip("a"));
  first.sessions[0]?.store.set({ ...emptySnapshot, savedAs: "before" });
  const opened = { ...createStore({ ...emptySnapshot, savedAs: "heir" }), close: async () => undefined };
  Object.assign(first.assistant, { open: async () => opened });
  await watched.openMemory(new Blob(["memory"]), clip("b"), true);
  expect(first.sessions[0]?.close).toHaveBeenCalledWith({ keepSaved: true });
  expect(onDisk).toEqual(new Set(["before"])); // a tab that ends now has lost nothing
  onDisk.add("heir");
  await vi.waitFor(() => expect(onDisk).toEqual(new Set(["heir"])));
});

test("a lost model watches no other video; the next one does", async () => {
  const { slot, watched, first, calls } = await pageWithModel();
  watched.choose(clip("a"));
  first.lose({ code: "DeviceLost", message: "Lost.", cause: null });
  await vi.waitFor(() => expect(slot.snapshot.model.status).toBe("failed"));
  watched.choose(clip("b"));
  expect(first.sessions).toHaveLength(1);
  expect(watched.snapshot).toMatchObject({ video: { name: "b" }, session: null });
  const second = testAssistant();
  const loaded = slot.load();
  calls[1]?.resolve(second.assistant);
  await loaded;
  expect(second.sessions.map(({ source }) => source)).toEqual(["b"]);
});

test("after a model that did not fit, the one loaded in its place watches the video", async () => {
  const { slot, watched, calls } = await pageWithModel();
  watched.choose(clip("a"));
  const switched = slot.switchTo(other);
  await calls[1]?.options.beforeLoading?.();
  calls[1]?.reject(new AuroraError("OutOfMemory", "Too large."));
  expect(await switched).toBe(false);
  const third = testAssistant();
  const back = slot.load(request);
  calls[2]?.resolve(third.assistant);
  await back;
  expect(third.sessions).toHaveLength(1);
});

test("the camera is let go when watching it is ended, and not when another model takes over", async () => {
  const { slot, watched, first, calls } = await pageWithModel();
  const release = vi.fn();
  const live = { medium: "camera", stream: {} as MediaStream } as const;
  watched.choose({ ...clip("camera"), live, release });
  const second = testAssistant();
  const switched = slot.switchTo(other);
  await calls[1]?.options.beforeLoading?.();
  calls[1]?.resolve(second.assistant);
  await switched;
  const before = first.sessions[0]?.store;
  before?.set({ ...before.snapshot, status: "stopped" });
  expect(release).not.toHaveBeenCalled();
  const now = second.sessions[0]?.store;
  now?.set({ ...now.snapshot, status: "stopped" });
  expect(release).toHaveBeenCalledOnce();
});

test("a question waits for the model and the first frame", async () => {
  const { slot, watched, calls } = testPage();
  const { assistant, sessions } = testAssistant();
  const loaded = slot.load();
  watched.choose(clip("a"));
  const asked = vi.fn();
  const askable = watched.askable(never()).then(asked);
  calls[0]?.resolve(assistant);
  await loaded;
  await Promise.resolve();
  expect(asked).not.toHaveBeenCalled();
  const store = sessions[0]?.store;
  store?.set({ ...store.snapshot, status: "watching", framesWatched: 1 });
  await askable;
  expect(asked).toHaveBeenCalledWith({ session: watched.snapshot.session, modelName: "test" });
});

test("a model for text only chats, with a video or without, which is watched by the next one that sees", async () => {
  const { slot, watched, first, calls } = await pageWithModel();
  const blind = testAssistant();
  const chats = [createStore({ ...emptySnapshot, status: "done" as const }), createStore(emptySnapshot)];
  const closed = vi.fn(async () => undefined);
  let opened = 0;
  const chat = () => Object.assign(chats[opened++] as (typeof chats)[0], { close: closed });
  Object.assign(blind.assistant, { chat, model: { name: "blind", sees: false } });
  const loaded = slot.load();
  calls[1]?.resolve(blind.assistant);
  await loaded;
  expect(watched.snapshot).toMatchObject({ video: null, session: chats[0] });
  expect(await watched.askable(never())).toEqual({ session: chats[0], modelName: "blind" });
  watched.choose(clip("a"));
  expect(watched.snapshot.session).toBe(chats[1]);
  expect([...first.sessions, ...blind.sessions]).toEqual([]);
  const seeing = testAssistant();
  const again = slot.load();
  calls[2]?.resolve(seeing.assistant);
  await again;
  expect(seeing.sessions.map(({ source }) => source)).toEqual(["a"]);
  expect(closed).toHaveBeenCalledTimes(2);
});

test("a question about a video that cannot be watched gets the reason", async () => {
  const { watched, first } = await pageWithModel();
  watched.choose(clip("a"));
  const error = { code: "CodecUnsupported", message: "No HEVC here.", cause: null } as const;
  const store = first.sessions[0]?.store;
  store?.set({ ...store.snapshot, status: "failed", error });
  await expect(watched.askable(never())).rejects.toMatchObject({ code: error.code, message: error.message });
});

test("a question that waits for a model which then fails gets the reason", async () => {
  const { slot, watched, calls } = testPage();
  const loaded = slot.load();
  watched.choose(clip("a"));
  const asked = watched.askable(never());
  calls[0]?.reject(new AuroraError("OutOfMemory", "Too large."));
  await expect(asked).rejects.toMatchObject({ code: "OutOfMemory", message: "Too large." });
  await loaded;
});
