import { Input } from "mediabunny";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { type Engine, openEngine } from "../../../src/session/engine.ts";
import type { SessionChange } from "../../../src/session/protocol.ts";
import { createSession } from "../../../src/session/session.ts";
import type { SessionSnapshot, WatchOptions } from "../../../src/session/types.ts";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ model: new URL("/models/nano/", location.href).href });
});
afterAll(() => engine.destroy());
afterEach(() => vi.restoreAllMocks());

const clips = "/tests/fixtures/clips";
const load = async (name: string) => (await fetch(`${clips}/${name}`)).blob();

/** A session on this page's own engine, and what its snapshot comes to. */
function watch(file: Blob, options: WatchOptions = {}) {
  const snapshot: Partial<SessionSnapshot> & { frames?: never } = {};
  let notify: () => void = () => undefined;
  const session = createSession(
    engine,
    { source: { kind: "file", file, name: "clip" }, options, saved: null },
    ({ part }: SessionChange) => {
      Object.assign(snapshot, part);
      notify();
    },
  );
  const until = (holds: (now: typeof snapshot) => boolean) =>
    new Promise<typeof snapshot>((resolve) => {
      notify = () => {
        if (holds(snapshot)) resolve(snapshot);
      };
      notify();
    });
  return { session, until, ended: () => until(({ status }) => /done|stopped|failed/.test(status ?? "")) };
}

/** A file of which, once `moved` is called, so many more parts can be read, and no others. */
function movable(file: Blob): { readonly file: Blob; moved(readable: number): void } {
  const slice = file.slice.bind(file);
  let left = Number.POSITIVE_INFINITY;
  const gone = () => Promise.reject(new DOMException("it was moved", "NotReadableError"));
  return {
    file: Object.assign(file, {
      slice: (begin?: number, end?: number) =>
        left-- > 0 ? slice(begin, end) : Object.assign(slice(begin, end), { arrayBuffer: gone }),
    }),
    moved(readable) {
      left = readable;
    },
  };
}

it("what was decoded before a video failed is read, to the last frame", async () => {
  const clip = await (await fetch("/samples/five-minutes.mp4")).blob();
  const counts: number[] = [];
  // Of the first group of pictures, and of a part of the second: far less, and more, than a batch.
  for (const readable of [3, 4]) {
    const { file, moved } = movable(clip.slice());
    const { session, until, ended } = watch(file, { fps: 0.3 });
    await until(({ status }) => status === "watching");
    moved(readable);
    const { status, error, framesWatched = 0 } = await ended();
    expect({ status, error }).toMatchObject({
      status: "failed",
      error: { code: "VideoUnreadable", message: expect.stringMatching(/can no longer be read/) },
    });
    counts.push(framesWatched);
    let text = "";
    const figures = await session.ask("What do you see?", {}, (piece) => {
      text += piece;
    });
    expect(figures.frames).toBe(framesWatched);
    expect(text.length).toBeGreaterThan(1);
    await session.close(false);
  }
  expect(counts[0]).toBe(1);
  expect(counts[1]).toBeGreaterThan(1);
  expect(openVideoFrameCount()).toBe(0);
});

it.each([
  ["that was watched to its end", {}, false],
  ["that was stopped", {}, true],
  ["of which one frame was wanted", { frames: 1 }, false],
] as [string, WatchOptions, boolean][])("a file %s is closed", async (_what, options, stop) => {
  const dispose = vi.spyOn(Input.prototype, "dispose");
  const { session, until, ended } = watch(await load("counting.webm"), options);
  if (stop) {
    await until(({ status }) => status === "watching");
    session.stop();
  }
  await ended();
  await session.close(false);
  expect(dispose).toHaveBeenCalledTimes(1);
});

it("a session that is closed while its tokens are written to disk leaves nothing, and no error", async () => {
  const before = { ...engine.gpu.ledger };
  const { session, until } = watch(await load("forty-seconds.mp4"));
  await until(({ framesWatched = 0 }) => framesWatched > 0);
  await session.close(false);
  expect({ ...engine.gpu.ledger }).toEqual(before);
  expect(openVideoFrameCount()).toBe(0);
});
