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
  const session = createSession(engine, { kind: "file", file, name: "clip" }, options, ({ part }: SessionChange) => {
    Object.assign(snapshot, part);
    notify();
  });
  const until = (holds: (now: typeof snapshot) => boolean) =>
    new Promise<typeof snapshot>((resolve) => {
      notify = () => {
        if (holds(snapshot)) resolve(snapshot);
      };
      notify();
    });
  return { session, until, ended: () => until(({ status }) => /done|stopped|failed/.test(status ?? "")) };
}

/** A file whose bytes from `from` on cannot be read any more, once its first bytes there were asked for. */
function failingFrom(file: Blob, from: number): Blob {
  const slice = file.slice.bind(file);
  return Object.assign(file, {
    slice(begin = 0, end = file.size) {
      const part = slice(begin, end);
      if (begin < from) return part;
      return Object.assign(part, {
        arrayBuffer: () => Promise.reject(new DOMException("it was moved", "NotReadableError")),
      });
    },
  });
}

it("what was decoded before a video failed is read, to the last frame", async () => {
  const file = await load("forty-seconds.mp4");
  const whole = watch(file.slice());
  await whole.ended();
  const shares = [0.3, 0.45, 0.6, 0.75];
  const counts: number[] = [];
  for (const share of shares) {
    const { session, ended } = watch(failingFrom(file.slice(), Math.round(file.size * share)));
    const { status, error, framesWatched = 0 } = await ended();
    expect({ status, error }).toMatchObject({
      status: "failed",
      error: { code: "VideoUnreadable", message: expect.stringMatching(/can no longer be read/) },
    });
    counts.push(framesWatched);
    if (framesWatched > 0) {
      let text = "";
      await session.ask("What do you see?", {}, (piece) => {
        text += piece;
      });
      expect(text.length).toBeGreaterThan(1);
    }
    await session.close();
  }
  await whole.session.close();
  // Not whole batches alone, as it would be if the last one were lost.
  expect(counts.some((count) => count % engine.encoder.maxBatch !== 0)).toBe(true);
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
  await session.close();
  expect(dispose).toHaveBeenCalledTimes(1);
});

it("a session that is closed while its tokens are written to disk leaves nothing, and no error", async () => {
  const before = { ...engine.gpu.ledger };
  const { session, until } = watch(await load("forty-seconds.mp4"));
  await until(({ framesWatched = 0 }) => framesWatched > 0);
  await session.close();
  expect({ ...engine.gpu.ledger }).toEqual(before);
  expect(openVideoFrameCount()).toBe(0);
});
