import { expect, it } from "vitest";
import { liveSound } from "../../../src/audio/live-sound.ts";
import type { SoundPiece } from "../../../src/audio/open-sound.ts";

const rate = 16_000;

/** A source of which the test says what comes, and when. */
function start(startSeconds: number) {
  const { port1, port2 } = new MessageChannel();
  let clockMs = 0;
  const sound = liveSound({ port: port2, rate, startSeconds }, () => clockMs);
  const come = async (seconds: number, atMs: number, value = 1) => {
    clockMs = atMs;
    port1.postMessage(new Float32Array(seconds * rate).fill(value));
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const hear = async () => {
    port1.postMessage(null);
    const pieces: SoundPiece[] = [];
    for await (const piece of sound.pieces()) pieces.push(piece);
    port1.close();
    sound.close();
    return pieces;
  };
  return { come, hear };
}

it("is heard from when it began on, block behind block, to its end", async () => {
  const { come, hear } = start(7);
  for (let i = 1; i <= 4; i++) await come(0.5, i * 500 + (i % 2) * 90);
  const pieces = await hear();
  expect(pieces.map(({ seconds }) => seconds)).toEqual([7, 7.5, 8, 8.5]);
  expect(pieces.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(2 * rate);
});

it("stands where the clock is after a silence in which nothing came", async () => {
  const { come, hear } = start(0);
  await come(0.5, 500);
  await come(0.5, 10_000);
  expect((await hear()).map(({ seconds }) => seconds)).toEqual([0, 9.5]);
});

it("holds no more than two minutes: the newest", async () => {
  const { come, hear } = start(0);
  for (let i = 1; i <= 20; i++) await come(10, i * 10_000, i);
  const pieces = await hear();
  const held = pieces.reduce((sum, { samples }) => sum + samples.length, 0) / rate;
  expect(held).toBeGreaterThan(100);
  expect(held).toBeLessThanOrEqual(120);
  expect(pieces.at(-1)?.samples.at(-1)).toBe(20);
  expect(pieces.at(-1)?.seconds).toBeGreaterThan(180);
});
