import { expect, it } from "vitest";
import { createHearing } from "../../../src/session/memory/hearing.ts";

const { signal } = new AbortController();
const line = (fromSeconds: number, untilSeconds: number) => ({ fromSeconds, untilSeconds, text: `to ${untilSeconds}` });

it("waits until the sound is known up to the frame, and gives what had ended by then", async () => {
  const hearing = createHearing(null, true);
  let given = false;
  const first = hearing.until(4, signal).finally(() => {
    given = true;
  });
  hearing.tell([line(0, 1)], 2);
  await Promise.resolve();
  expect(given).toBe(false);
  hearing.tell([line(2, 4), line(4, 7)], 8);
  expect(await first).toEqual([line(0, 1), line(2, 4)]);
  expect(await hearing.until(5, signal)).toEqual([]);
  expect(await hearing.until(8, signal)).toEqual([line(4, 7)]);
});

it("waits no longer where nobody listens, or no more, or watching ends", async () => {
  const off = createHearing(null, false);
  expect(await off.until(1e9, signal)).toEqual([]);
  const hearing = createHearing(null, true);
  const end = hearing.until(Number.POSITIVE_INFINITY, signal);
  hearing.tell([line(0, 1)], 5);
  hearing.tell([], null);
  expect(await end).toEqual([line(0, 1)]);
  const stop = new AbortController();
  const ended = createHearing(null, true).until(1, stop.signal);
  stop.abort();
  expect(await ended).toEqual([]);
});

it("passes over what was told after its time, and what a memory knows already", async () => {
  const hearing = createHearing(3, false);
  await hearing.until(5, signal);
  hearing.tell([line(0, 2), line(3, 5), line(4, 6)], 6);
  expect(await hearing.until(6, signal)).toEqual([line(4, 6)]);
});

it("does not wait for what is live: what is told counts from now on", () => {
  const hearing = createHearing(null, true);
  hearing.tell([line(0, 2)], 3);
  expect(hearing.soFar(9)).toEqual([{ ...line(0, 2), untilSeconds: 9 }]);
  expect(hearing.soFar(10)).toEqual([]);
});
