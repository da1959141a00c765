import { expect, it } from "vitest";
import { layOut } from "../../../src/audio/sound-line.ts";
import type { SoundBlock } from "../../../src/audio/sound-packets.ts";

/** A block at 16 kHz whose samples are their own times. */
function block(from: number, to: number): SoundBlock {
  const length = Math.round((to - from) * 16000);
  return { seconds: from, rate: 16000, samples: Float32Array.from({ length }, (_, i) => from + i / 16000) };
}

async function lay(blocks: readonly SoundBlock[], part = { from: 0, to: Number.POSITIVE_INFINITY, at: 0 }) {
  const pieces = [];
  for await (const piece of layOut(
    (async function* () {
      yield* blocks;
    })(),
    part,
  ))
    pieces.push(piece);
  return pieces.map(({ seconds, samples }) => ({
    from: Number(seconds.toFixed(3)),
    to: Number((seconds + samples.length / 16000).toFixed(3)),
    says: Number((samples[0] as number).toFixed(3)),
  }));
}

it("blocks that touch, or nearly, are one sound", async () => {
  expect(await lay([block(0, 1), block(1.004, 2), block(1.99, 3)])).toEqual([
    { from: 0, to: 1, says: 0 },
    { from: 1, to: 1.996, says: 1.004 },
    { from: 1.996, to: 3.006, says: 1.99 },
  ]);
});

it("a gap stays, an overlap is cut, and what comes before the beginning too", async () => {
  expect(await lay([block(-0.5, 0.5), block(2, 3), block(2.5, 3.5)])).toEqual([
    { from: 0, to: 0.5, says: 0 },
    { from: 2, to: 3, says: 2 },
    { from: 3, to: 3.5, says: 3 },
  ]);
});

it("a part of an edit list is heard where the list says", async () => {
  expect(await lay([block(0, 1), block(1, 2), block(2, 3)], { from: 0.5, to: 1.75, at: 10 })).toEqual([
    { from: 10, to: 10.5, says: 0.5 },
    { from: 10.5, to: 11.25, says: 1 },
  ]);
});

it("the rate may change on the way", async () => {
  const slow: SoundBlock = { seconds: 1, rate: 8000, samples: new Float32Array(8000).fill(1) };
  const pieces = await lay([block(0, 1), slow]);
  expect(pieces[0]).toMatchObject({ from: 0, to: 1 });
  expect(pieces[1]).toMatchObject({ from: 1 });
  expect(pieces.at(-1)).toMatchObject({ to: 2 });
});
