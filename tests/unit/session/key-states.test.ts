import { describe, expect, it } from "vitest";
import { createKeyStates } from "../../../src/session/memory/key-states.ts";
import { memoryFile } from "./spill-in-memory.ts";

const stateBytes = 4;
/** A state that tells which frame it follows. */
const after = (frame: number) => new Uint8Array(Uint32Array.of(frame).buffer);
const budget = (inMemory: number, inAll: number) => ({
  memoryBytes: inMemory * stateBytes,
  totalBytes: inAll * stateBytes,
});

/** Frames between neighbours, from the beginning (an empty state) to the newest. */
function gaps(frames: readonly number[]): number[] {
  return frames.map((frame, i) => frame - (frames[i - 1] ?? -1));
}

describe("key states", () => {
  it("are given back as they were, from memory and from disk", async () => {
    const states = createKeyStates(stateBytes, 1, budget(2, 9), async () => memoryFile());
    for (let frame = 0; frame < 6; frame++) await states.add(frame, false, after(frame));
    expect(states.frames()).toEqual([0, 1, 2, 3, 4, 5]);
    for (let frame = 0; frame < 6; frame++) expect(await states.read(frame)).toEqual(after(frame));
    expect(await states.read(6)).toBeNull();
    expect([states.count, states.byteLength]).toEqual([6, 24]);
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 5],
    [16, 1],
    [16, 7],
    [100, 16],
  ])(
    "stay within a budget of %i, an interval of %i apart, never twice as coarse as it forces",
    async (most, interval) => {
      const states = createKeyStates(stateBytes, interval, budget(3, most), async () => memoryFile());
      for (let frame = 0; frame < 3000; frame++) {
        if (!states.wants(frame)) continue;
        await states.add(frame, false, after(frame));
        const frames = states.frames();
        expect(frames.length).toBeLessThanOrEqual(most);
        expect(frames.at(-1)).toBe(frame);
        const forced = Math.max(interval, (frame + 1) / most);
        expect(Math.max(...gaps(frames))).toBeLessThanOrEqual(2 * forced);
      }
      const frames = states.frames();
      for (const frame of frames) expect(await states.read(frame)).toEqual(after(frame));
      // The older half is no finer than the newer one.
      const all = gaps(frames);
      const half = all.length >> 1;
      const mean = (of: readonly number[]) => of.reduce((sum, gap) => sum + gap, 0) / of.length;
      if (half > 1) expect(mean(all.slice(0, half))).toBeGreaterThanOrEqual(mean(all.slice(half)));
    },
  );

  it("at scene changes outlive the others, and the spacing holds with them too", async () => {
    const scenes = new Set([7, 100, 101, 460, 500, 777]);
    const states = createKeyStates(stateBytes, 10, budget(100, 20), async () => memoryFile());
    for (let frame = 0; frame < 1000; frame++) {
      if (!states.wants(frame) && !scenes.has(frame)) continue;
      await states.add(frame, scenes.has(frame), after(frame));
      expect(Math.max(...gaps(states.frames()))).toBeLessThanOrEqual(2 * Math.max(10, (frame + 1) / 20));
    }
    const kept = states.frames();
    expect(kept.length).toBeLessThanOrEqual(20);
    for (const scene of [460, 500, 777]) expect(kept).toContain(scene);
    expect([...scenes].filter((scene) => kept.includes(scene)).length).toBeGreaterThanOrEqual(5);
  });

  it("are fewer where the disk has no room, and none where nothing has; the newest is there", async () => {
    const few = createKeyStates(stateBytes, 1, budget(3, 100), () => Promise.reject(new Error("not here")));
    const none = createKeyStates(stateBytes, 1, budget(0, 100), () => Promise.reject(new Error("not here")));
    for (let frame = 0; frame < 50; frame++)
      for (const states of [few, none]) await states.add(frame, false, after(frame));
    expect(few.count).toBe(3);
    expect(few.frames().at(-1)).toBe(49);
    for (const frame of few.frames()) expect(await few.read(frame)).toEqual(after(frame));
    expect(none.count).toBe(0);
  });

  it("are gone with their file", async () => {
    const file = memoryFile();
    const states = createKeyStates(stateBytes, 1, budget(1, 9), async () => file);
    for (let frame = 0; frame < 4; frame++) await states.add(frame, false, after(frame));
    await states.destroy();
    expect(file.log).toEqual(["close", "remove"]);
    expect(states.frames()).toEqual([]);
  });
});
