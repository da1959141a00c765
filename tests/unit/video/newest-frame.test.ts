import { expect, test } from "vitest";
import { createNewestFrame } from "../../../src/video/newest-frame.ts";

/** A source of `fps` frames a second, and the room for its newest, on a clock that the test moves. */
function source(wantedFps: number) {
  let nowMs = 0;
  const open = new Set<number>();
  const newest = createNewestFrame(wantedFps, () => nowMs);
  function offer(seconds: number) {
    nowMs = seconds * 1000;
    open.add(seconds);
    const close = () => open.delete(seconds);
    newest.offer({ timestamp: 7e9 + seconds * 1e6, close } as unknown as VideoFrame);
  }
  return {
    newest,
    open,
    offer,
    /** Offers the frames of a camera of `fps` that lie after `from` and up to `to`. */
    play(from: number, to: number, fps = 10) {
      for (let i = Math.floor(from * fps) + 1; i <= to * fps; i++) offer(i / fps);
      nowMs = to * 1000;
    },
    async take() {
      const taken = await newest.next();
      taken?.frame.close();
      return taken && { seconds: taken.seconds, index: taken.index, dropped: taken.dropped };
    },
  };
}

test("a reader that keeps up gets each of the sampling's times, and nothing is dropped", async () => {
  const { newest, take, play, open, offer } = source(2);
  offer(0);
  expect(await take()).toEqual({ seconds: 0, index: 0, dropped: 0 });
  for (const index of [1, 2, 3]) {
    const next = take();
    play((index - 1) / 2, index / 2);
    expect(await next).toEqual({ seconds: index / 2, index, dropped: 0 });
  }
  newest.end();
  expect(await take()).toBeNull();
  expect(open.size).toBe(0);
});

test("a reader that is slow gets the newest, and the times that went by are counted", async () => {
  const { take, play, open, offer } = source(2);
  offer(0);
  await take();
  play(0, 2.3); // it reads for 2.3 s: 0.5, 1 and 1.5 go by
  expect(await take()).toEqual({ seconds: 2.3, index: 4, dropped: 3 });
  play(2.3, 2.8); // fast again: none goes by
  expect(await take()).toEqual({ seconds: 2.8, index: 5, dropped: 3 });
  expect(open.size).toBe(0);
});

test("a source that is slow drops nothing", async () => {
  const { take, offer } = source(2);
  offer(0);
  await take();
  const next = take();
  offer(3.1);
  expect(await next).toEqual({ seconds: 3.1, index: 6, dropped: 0 });
});

test("frames more often than wanted are let go", async () => {
  const { take, play, open, offer } = source(1);
  offer(0);
  await take();
  play(0, 0.9, 30);
  expect(open.size).toBe(0);
});

test("what came in a rest is let go and not counted", async () => {
  const { newest, take, play, offer, open } = source(2);
  offer(0);
  await take();
  play(0, 60);
  newest.rest();
  expect(open.size).toBe(0);
  const next = take();
  offer(60.1);
  expect(await next).toEqual({ seconds: 60.1, index: 120, dropped: 0 });
});

test("times that waver around those wanted are each one of them", async () => {
  const { take, offer } = source(10);
  for (const [index, seconds] of [0, 0.098, 0.203, 0.297, 0.401].entries()) {
    const next = take();
    offer(seconds);
    expect((await next)?.index).toBe(index);
  }
});

test("what comes after the end is closed", async () => {
  const { newest, offer, take, open } = source(2);
  const next = take();
  newest.end();
  expect(await next).toBeNull();
  offer(0);
  expect(open.size).toBe(0);
});
