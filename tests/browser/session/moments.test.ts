import { expect, it } from "vitest";
import { AuroraError } from "../../../src/errors.ts";
import { readRnnState } from "../../../src/rnn/state.ts";
import { createBranch } from "../../../src/session/asking/branch.ts";
import { planReading } from "../../../src/session/asking/reading.ts";
import type { Memory } from "../../../src/session/memory/memory.ts";
import { createReels, type Reels } from "../../../src/session/reels.ts";
import type { AskOptions } from "../../../src/session/types.ts";
import type { FrameSource } from "../../../src/video/frame-source.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { noReels } from "../../no-reels.ts";
import { sumChange } from "../../reference/state-change.ts";
import { answer, askAbout, clip, emptyMemory, engine, feed, viewOf } from "./memories.ts";

const { gpu, config, tokenizer } = engine;

/** The state that has read a question as of a second. */
async function stateAsOf(memory: Memory, at: number, reels: Reels | null = null) {
  const book = { prompt: config.prompt, tokenizer };
  const asked = { question: "What do you see?", options: { at }, turns: [] };
  const reading = planReading(asked, viewOf(memory, reels !== null), book);
  const branch = createBranch(engine, memory, reels ?? noReels);
  await branch.read(reading, new AbortController().signal);
  const layers = await readRnnState(gpu, config.text, branch.state);
  branch.destroy();
  return { layers, reading };
}

/** The clip, to be decoded again. */
async function openClip(): Promise<FrameSource> {
  const video = await openVideo(clip);
  const { fps } = config.sampling;
  return {
    info: { ...video.info, name: "clip" },
    sound: null,
    repeatable: true,
    plan: () => null,
    frames: (options) => video.frames({ fps }, options),
    close: () => video.close(),
  };
}

it("as of a moment equals a memory that stopped there, bit for bit: at a key state, between, and decoded again", async () => {
  const [whole, gone] = [emptyMemory({ keyStateInterval: 4 }), emptyMemory({ keyStateInterval: 4, keepBytes: 0 })];
  for (const memory of [whole, gone]) await feed(memory, 16);
  const reels = createReels(engine);
  reels.add({ source: await openClip(), firstFrame: 0, offsetSeconds: 0 });
  for (const [at, start, frames] of [
    [1.5, { keyState: 3 }, []],
    [3, { keyState: 3 }, [4, 5, 6]],
    [0.5, "empty", [0, 1]],
    [7.5, "memory", []],
  ] as const) {
    const stopped = emptyMemory();
    await feed(stopped, at * config.sampling.fps + 1);
    const expected = (await stateAsOf(stopped, at)).layers;
    const kept = await stateAsOf(whole, at);
    expect(kept.reading).toMatchObject({ start, frames, neighbour: false });
    expect(kept.layers).toEqual(expected);
    expect((await stateAsOf(gone, at, reels)).layers).toEqual(expected);
    await stopped.destroy();
  }
  reels.close();
  for (const memory of [whole, gone]) await memory.destroy();
});

it("where frames are gone for good, the nearest key state answers and the answer says so", async () => {
  const memory = emptyMemory({ keyStateInterval: 4, keepBytes: 0 });
  await feed(memory, 16);
  const asking = askAbout(memory);
  const figures = async (at: number) => (await answer(asking, "What do you see?", { at, maxTokens: 2 })).figures;
  expect(await figures(99)).toMatchObject({ frames: 16, asOfSeconds: 7.5, fromNeighbour: false, turn: 1 });
  expect(await figures(3.2)).toMatchObject({ frames: 4, asOfSeconds: 1.5, fromNeighbour: true, turn: 2 });
  expect(await figures(3.9)).toMatchObject({ frames: 8, asOfSeconds: 3.5, fromNeighbour: false });
  expect(await figures(0.5)).toMatchObject({ frames: 4, asOfSeconds: 1.5, fromNeighbour: true });
  await expect(answer(asking, "What do you see?", { range: [1, 2] })).rejects.toMatchObject({ code: "BadRequest" });
  await asking.close();
  // A file that is gone by now: what is left answers.
  const broken = askAbout(memory, { decodable: () => true, tokens: unreadable });
  const despite = await answer(broken, "What do you see?", { at: 3.2, maxTokens: 2 });
  expect(despite.figures).toMatchObject({ asOfSeconds: 1.5, fromNeighbour: true });
  await broken.close();
  await memory.destroy();
});

// biome-ignore lint/correctness/useYield: there is nothing to be yielded.
async function* unreadable(): AsyncGenerator<Uint8Array, void, void> {
  throw new AuroraError("VideoUnreadable", "The file is gone.");
}

it("a range whose tokens are gone is decoded again, and answered as when they were kept", async () => {
  const [whole, gone] = [emptyMemory(), emptyMemory({ keepBytes: 0 })];
  for (const memory of [whole, gone]) await feed(memory, 12);
  const reels = createReels(engine);
  reels.add({ source: await openClip(), firstFrame: 0, offsetSeconds: 0 });
  for (const from of ["memory", "look-again"] as const) {
    const [kept, again] = [askAbout(whole), askAbout(gone, reels)];
    const options = { from, range: [2, 4] } as const;
    const [expected, found] = [
      await answer(kept, "What happens?", options),
      await answer(again, "What happens?", options),
    ];
    expect(found.figures).toMatchObject({ frames: 5, asOfSeconds: 4 });
    expect(found.text).toBe(expected.text);
    for (const asking of [kept, again]) await asking.close();
  }
  reels.close();
  for (const memory of [whole, gone]) await memory.destroy();
});

it("questions from one moment stand side by side, and a turn is asked again, or another one in its place", async () => {
  const memory = emptyMemory();
  await feed(memory, 8);
  const asking = askAbout(memory);
  // Drawn at a high temperature, an answer shows the slightest change of what the model expects.
  const drawn = { temperature: 4, topP: 1, seed: 7, maxTokens: 12 };
  const ask = (question: string, options: AskOptions = {}) => answer(asking, question, { ...drawn, ...options });
  const first = await ask("What do you see?");
  const second = await ask("Which way does it move?");
  const behind = first.figures.turn ?? 0;
  expect([behind, second.figures.turn]).toEqual([1, 2]);
  expect((await ask("What do you see?", { branch: 0 })).text).toBe(first.text); // regenerated
  expect((await ask("Which way does it move?", { branch: behind })).text).toBe(second.text); // beside the other one
  expect((await ask("Which way does it move?", { branch: 0 })).text).not.toBe(second.text); // edited: another place
  // As of a moment, behind the turns that are asked for.
  const alone = await ask("Which way does it move?", { at: 99 });
  expect((await ask("Which way does it move?", { at: 99, branch: behind })).text).toBe(second.text);
  expect(alone.text).not.toBe(second.text);
  await expect(ask("What?", { branch: 99 })).rejects.toMatchObject({
    code: "BadRequest",
    message: expect.stringMatching(/^branch: /),
  });
  await asking.close();
  await memory.destroy();
});

it("each frame says how far it moved the state", async () => {
  const memory = emptyMemory();
  const states: number[][] = [];
  for (let frame = 0; frame < 3; frame++) {
    await feed(memory, 1);
    states.push(wkvOf(await readRnnState(gpu, config.text, memory.state)));
  }
  for (const frame of [1, 2]) {
    const [changed, all] = sumChange(states[frame] ?? [], states[frame - 1] ?? []);
    expect(memory.timeline.frames[frame]?.change).toBeCloseTo(Math.sqrt(changed / all), 5);
  }
  await memory.destroy();
});

/** The rows of S, without the shift rows. */
function wkvOf(layers: readonly Float32Array[]): number[] {
  const width = config.text.hiddenSize;
  return layers.flatMap((layer) => [...layer.subarray(width, layer.length - width)]);
}
