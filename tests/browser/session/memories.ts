import { afterAll, expect } from "vitest";
import { type Asking, createAsking } from "../../../src/session/asking/asking.ts";
import type { MemoryView } from "../../../src/session/asking/reading.ts";
import { openEngine } from "../../../src/session/engine.ts";
import { createMemory, type Memory, type MemoryOptions } from "../../../src/session/memory/memory.ts";
import type { Reels } from "../../../src/session/reels.ts";
import type { AnswerFigures, AskOptions } from "../../../src/session/types.ts";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { noReels } from "../../no-reels.ts";

export const engine = await openEngine({ model: new URL("/models/nano/", location.href).href });
const { gpu, config } = engine;
export const clip = await (await fetch("/tests/fixtures/clips/forty-seconds.mp4")).blob();
const before = { ...gpu.ledger };

afterAll(async () => {
  expect({ ...gpu.ledger }).toEqual(before);
  expect(openVideoFrameCount()).toBe(0);
  await engine.destroy();
});

/** A memory of its own, without a video. */
export function emptyMemory(options: Partial<MemoryOptions> = {}): Memory {
  const openSpill = () => Promise.reject(new Error("no disk"));
  return createMemory(engine, { keepBytes: 1 << 24, openSpill, ...options });
}

/** What a plan is told of a memory. */
export function viewOf({ kept, keyStates, timeline, framesRead, lines }: Memory, decodable: boolean): MemoryView {
  const times = timeline.frames.map(({ timestampSeconds }) => timestampSeconds);
  return { kept: kept.frames(), keyStates: keyStates.frames(), times, framesRead, lines, decodable: () => decodable };
}

/** Has a memory read the clip's next `count` frames, `batch` at a time (the largest batch when omitted). */
export async function feed(memory: Memory, count: number, batch = count): Promise<void> {
  const video = await openVideo(clip);
  const first = memory.framesRead;
  let index = 0;
  for await (const { frame, rotation, timestampSeconds } of video.frames({ fps: config.sampling.fps }, {})) {
    if (index < first) frame.close();
    else {
      await memory.add(frame, rotation, timestampSeconds);
      if ((index + 1 - first) % batch === 0) await memory.settle();
    }
    if (++index === first + count) break;
  }
  video.close();
  await memory.settle();
}

export const askAbout = (memory: Memory, reels: Pick<Reels, "tokens" | "decodable"> = noReels) =>
  createAsking(engine, memory, { ready: async () => undefined, reels });

export async function answer(
  asking: Asking,
  question: string,
  options: AskOptions = {},
): Promise<{ readonly text: string; readonly figures: AnswerFigures }> {
  let text = "";
  const figures = await asking.ask(question, options, (piece) => {
    text += piece;
  });
  return { text, figures };
}
