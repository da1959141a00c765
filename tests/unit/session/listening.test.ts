import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createListening, type OnHeard } from "../../../src/session/page/listening.ts";
import { createSnapshotStore } from "../../../src/session/page/snapshot-store.ts";
import { applySpoken, nothingSpoken, type Spoken } from "../../../src/session/spoken.ts";
import type { FromSpeech, SoundPlace, ToSpeech } from "../../../src/speech/protocol.ts";

/** Speech workers that say what the test has them say. */
class TestWorker {
  static all: TestWorker[] = [];
  readonly told: ToSpeech[] = [];
  ended = false;
  onmessage: (event: { data: FromSpeech }) => void = () => undefined;
  onerror: (event: { message: string }) => void = () => undefined;

  constructor() {
    TestWorker.all.push(this);
  }

  postMessage(message: ToSpeech): void {
    this.told.push(message);
  }

  terminate(): void {
    this.ended = true;
  }

  say(data: FromSpeech): void {
    this.onmessage({ data });
  }
}

beforeEach(() => {
  TestWorker.all = [];
  vi.stubGlobal("Worker", TestWorker);
  vi.stubGlobal("document", { baseURI: "https://host.example/app/" });
});
afterEach(() => vi.unstubAllGlobals());

const sound: SoundPlace = { file: new Blob(["x"]), clock: { startSeconds: 0, restarts: [] } };
const tracks = [0, 1].map((index) => ({ index, language: null, name: null, isDefault: index === 0 }));
const line = (text: string, startSeconds = 0) => ({ text, startSeconds, endSeconds: startSeconds + 1, words: [] });

function start(on: boolean, onHeard: OnHeard = () => undefined) {
  const store = createSnapshotStore(0);
  /** What a worker would know that is told of every change. */
  let told: Spoken = nothingSpoken;
  const listening = createListening(store, {
    on,
    assets: "https://host.example/app/",
    onHeard,
    onSpoken(change) {
      told = applySpoken(told, change);
    },
  });
  const worker = (place = -1) => TestWorker.all.at(place) as TestWorker;
  return { listening, worker, transcript: () => store.snapshot.transcript, told: () => told };
}

it("waits for the video, listens, and gives its worker back at the end", () => {
  const { listening, worker, transcript } = start(true);
  expect(transcript().status).toBe("waiting");
  expect(TestWorker.all).toHaveLength(0);
  listening.offer(sound);
  expect(worker().told).toEqual([
    { type: "listen", sound, track: null, fromSeconds: 0, recogniser: null, appUrl: "https://host.example/app/" },
  ]);
  worker().say({ type: "opened", tracks, track: 0, durationSeconds: 20 });
  worker().say({ type: "download", loadedBytes: 1, totalBytes: 4 });
  expect(transcript()).toMatchObject({ status: "listening", durationSeconds: 20, download: { loadedBytes: 1 } });
  worker().say({ type: "heard", lines: [line("one")], untilSeconds: 5 });
  worker().say({ type: "heard", lines: [], untilSeconds: 6 });
  worker().say({ type: "heard", lines: [line("two", 7), line("three", 9)], untilSeconds: 12 });
  expect(transcript()).toMatchObject({ download: null, heardUntilSeconds: 12 });
  expect(transcript().lines.map(({ id, text }) => [id, text])).toEqual([
    [0, "one"],
    [1, "two"],
    [2, "three"],
  ]);
  worker().say({ type: "done" });
  expect(transcript().status).toBe("done");
  expect(worker().ended).toBe(true);
});

it("off, nothing is started; switched off, it ends, and goes on where it was", () => {
  const { listening, worker, transcript } = start(false);
  listening.offer(sound);
  expect(TestWorker.all).toHaveLength(0);
  expect(transcript().status).toBe("off");
  listening.listen(true);
  worker().say({ type: "heard", lines: [line("one")], untilSeconds: 5 });
  listening.listen(false);
  expect(worker().ended).toBe(true);
  expect(transcript()).toMatchObject({ status: "off", heardUntilSeconds: 5 });
  listening.listen(true);
  expect(TestWorker.all).toHaveLength(2);
  expect(worker().told[0]).toMatchObject({ type: "listen", fromSeconds: 5 });
  worker().say({ type: "heard", lines: [line("two", 6)], untilSeconds: 8 });
  expect(transcript().lines.map(({ id }) => id)).toEqual([0, 1]);
});

it("another recogniser goes on where the one before it was", () => {
  const { listening, worker } = start(true);
  listening.offer(sound);
  worker().say({ type: "heard", lines: [line("one")], untilSeconds: 5 });
  listening.use("base-speech");
  expect(worker(0).ended).toBe(true);
  expect(worker().told).toEqual([
    expect.objectContaining({ type: "listen", fromSeconds: 5, recogniser: "base-speech" }),
  ]);
  listening.use("base-speech");
  listening.listen(false);
  listening.use(null);
  expect(TestWorker.all).toHaveLength(2);
  listening.listen(true);
  expect(worker().told[0]).toMatchObject({ recogniser: null });
});

it("what is heard is told on, and that no more is to come, in whichever way it ends", () => {
  const told: unknown[] = [];
  const { listening, worker } = start(true, (lines, until) => told.push([lines.map(({ text }) => text).join(), until]));
  listening.offer(sound);
  worker().say({ type: "heard", lines: [line("one")], untilSeconds: 5 });
  listening.listen(false);
  listening.listen(true);
  const error = { code: "AudioUnreadable", message: "It is DTS.", cause: null } as const;
  worker().say({ type: "failed", error });
  expect(told).toEqual([
    ["", 0],
    ["one", 5],
    ["", null],
    ["", 5],
    ["", null],
  ]);
  told.length = 0;
  start(true, (_, until) => told.push(until)).listening.offer(null);
  expect(told).toEqual([null]);
});

it("what has ended is not begun again", () => {
  const { listening, worker, transcript } = start(true);
  listening.offer(null);
  expect(transcript().status).toBe("no-sound");
  listening.listen(false);
  listening.listen(true);
  expect(transcript().status).toBe("no-sound");
  expect(worker()).toBeUndefined();
});

it("a failure is told, and may be tried again", () => {
  const { listening, worker, transcript } = start(true);
  listening.offer(sound);
  const error = { code: "AudioUnreadable", message: "It is DTS.", cause: null } as const;
  worker().say({ type: "failed", error });
  expect(transcript()).toMatchObject({ status: "failed", error });
  expect(worker().ended).toBe(true);
  listening.listen(true);
  expect(TestWorker.all).toHaveLength(2);
  expect(transcript()).toMatchObject({ status: "listening", error: null });
  worker().onerror({ message: "no module workers" });
  expect(transcript()).toMatchObject({ status: "failed", error: { code: "Unexpected" } });
});

it("is held and released with the session, before it begins too", () => {
  const { listening, worker, transcript } = start(true);
  listening.pause();
  listening.offer(sound);
  expect(worker().told.map(({ type }) => type)).toEqual(["listen", "pause"]);
  expect(transcript().status).toBe("paused");
  listening.resume();
  expect(worker().told.at(-1)).toEqual({ type: "resume" });
  expect(transcript().status).toBe("listening");
});

it("another track is heard from its beginning", () => {
  const { listening, worker, transcript } = start(true);
  listening.offer(sound);
  worker().say({ type: "opened", tracks, track: 0, durationSeconds: null });
  worker().say({ type: "heard", lines: [line("one")], untilSeconds: 5 });
  listening.choose(0);
  expect(TestWorker.all).toHaveLength(1);
  listening.choose(1);
  expect(worker(0).ended).toBe(true);
  expect(worker().told[0]).toMatchObject({ type: "listen", track: 1, fromSeconds: 0 });
  expect(transcript()).toMatchObject({ lines: [], track: 1, tracks });
});

it("a line is changed by its id, and taken out where its text is", () => {
  const { listening, worker, transcript } = start(true);
  listening.offer(sound);
  worker().say({ type: "heard", lines: [line("one"), line("two", 3)], untilSeconds: 5 });
  const before = transcript().lines;
  listening.edit(1, "  too ");
  expect(transcript().lines[1]).toMatchObject({ text: "too", words: null, edited: true, startSeconds: 3 });
  expect(transcript().lines[0]).toBe(before[0]);
  listening.edit(0, " ");
  expect(transcript().lines.map(({ text }) => text)).toEqual(["too"]);
  worker().say({ type: "heard", lines: [line("three", 6)], untilSeconds: 8 });
  expect(transcript().lines.map(({ id }) => id)).toEqual([1, 2]);
  listening.close();
  expect(worker().ended).toBe(true);
});

it("tells of every line, changed, taken out or forgotten with its track", () => {
  const { listening, worker, transcript, told } = start(true);
  const same = () =>
    expect(told()).toEqual({ lines: transcript().lines, heardUntilSeconds: transcript().heardUntilSeconds });
  listening.offer(sound);
  worker().say({ type: "opened", tracks, track: 0, durationSeconds: null });
  worker().say({ type: "heard", lines: [line("one"), line("two", 3), line("three", 6)], untilSeconds: 8 });
  same();
  worker().say({ type: "heard", lines: [], untilSeconds: 9 });
  same();
  listening.edit(1, "too");
  same();
  listening.edit(0, "");
  same();
  expect(told().lines.map(({ text }) => text)).toEqual(["too", "three"]);
  listening.choose(1);
  same();
  expect(told()).toEqual(nothingSpoken);
});

it("goes on behind what a memory file says was heard", () => {
  const { listening, worker, transcript } = start(true);
  const before = { ...line("one"), id: 4, edited: true };
  listening.restore({ lines: [before], heardUntilSeconds: 5 });
  listening.offer(sound);
  expect(worker().told[0]).toMatchObject({ type: "listen", fromSeconds: 5 });
  worker().say({ type: "heard", lines: [line("two", 6)], untilSeconds: 8 });
  expect(transcript().lines).toEqual([before, { ...line("two", 6), id: 5, edited: false }]);
});
