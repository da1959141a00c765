import { describe, expect, it } from "vitest";
import { createKeptTokens } from "../../../src/session/memory/kept-tokens.ts";
import type { SpillFile } from "../../../src/storage/spill-file.ts";
import { memoryFile } from "./spill-in-memory.ts";

const frameBytes = 6;
const frames = (first: number, count: number) =>
  Uint8Array.from({ length: count * frameBytes }, (_, i) => first * frameBytes + i);

/** All frames of an order, one after the other, as the tokens of each. */
const only = (indices: readonly number[]) => Uint8Array.from(indices.flatMap((index) => [...frames(index, 1)]));
const budget = (inMemory: number, inAll = 1000) => ({
  memoryBytes: inMemory * frameBytes,
  totalBytes: inAll * frameBytes,
});
const from = (begin: number, end: number) => Array.from({ length: end - begin }, (_, i) => begin + i);

describe("kept tokens", () => {
  it("gives back any frames, from memory, from disk and across both", async () => {
    const kept = createKeptTokens(frameBytes, budget(5), async () => memoryFile());
    for (const [first, count] of [
      [0, 3],
      [3, 1],
      [4, 4],
      [8, 2],
    ] as const)
      await kept.append(frames(first, count));
    expect(kept.frames()).toEqual(from(0, 10));
    for (let begin = 0; begin <= 10; begin++) {
      for (let end = begin; end <= 10; end++)
        expect(await kept.read(from(begin, end))).toEqual({ frames: end - begin, tokens: frames(begin, end - begin) });
    }
    expect((await kept.read([9, 2, 5])).tokens).toEqual(only([9, 2, 5]));
  });

  it("opens no file within the memory's part, and removes the one it opened", async () => {
    const file = memoryFile();
    let opened = 0;
    const kept = createKeptTokens(frameBytes, budget(2), async () => {
      opened++;
      return file;
    });
    await kept.append(frames(0, 2));
    expect(opened).toBe(0);
    await kept.append(frames(2, 1));
    expect(opened).toBe(1);
    await kept.destroy();
    expect(file.log).toEqual(["close", "remove"]);
  });

  it("removes the file only once a write under way has ended", async () => {
    const file = memoryFile();
    let open: (file: SpillFile) => void = () => undefined;
    const opening = new Promise<SpillFile>((resolve) => {
      open = resolve;
    });
    const kept = createKeptTokens(frameBytes, budget(1), () => opening);
    const writing = kept.append(frames(0, 3));
    const destroyed = kept.destroy();
    open(file);
    await Promise.all([writing, destroyed]);
    expect(file.log).toEqual(["close", "remove"]);
    expect(kept.failure).toBeNull();
  });

  it.each([1, 2, 3, 7, 16, 100])("keeps at most %i frames of any number, evenly over them all", async (most) => {
    const kept = createKeptTokens(frameBytes, budget(3, most), async () => memoryFile());
    for (let count = 1; count <= 300; count++) {
      await kept.append(frames(count - 1, 1));
      const indices = kept.frames();
      expect(indices.length).toBeLessThanOrEqual(most);
      expect(indices[0]).toBe(0);
      const gaps = [...indices, count].slice(1).map((index, i) => index - (indices[i] as number));
      const inside = gaps.slice(0, -1);
      // Never more than twice as coarse as the budget forces, and nowhere more than twice as coarse as elsewhere.
      expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * Math.ceil(count / most));
      expect(Math.max(1, ...inside)).toBeLessThanOrEqual(2 * Math.min(...inside, count));
      // The older ones are the coarser ones.
      expect(inside).toEqual([...inside].sort((a, b) => b - a));
      if (count % 50 === 0) expect((await kept.read(indices)).tokens).toEqual(only(indices));
    }
  });

  it("skips frames that went since they were planned", async () => {
    const kept = createKeptTokens(frameBytes, budget(4, 4), async () => memoryFile());
    await kept.append(frames(0, 4));
    const planned = kept.frames();
    await kept.append(frames(4, 2));
    expect(await kept.read(planned)).toEqual({ frames: 2, tokens: only([0, 2]) });
  });

  it("passes over frames whose tokens nobody has, and stays within its budget", async () => {
    const kept = createKeptTokens(frameBytes, budget(2, 4), async () => memoryFile());
    kept.skip(100);
    await kept.append(frames(0, 6));
    expect(kept.frames()).toEqual([100, 102, 104, 105]);
    expect(await kept.read([3, 100, 104])).toEqual({ frames: 2, tokens: only([0, 4]) });
  });

  it("says so when the disk is full, and lets older frames make way for new ones", async () => {
    const kept = createKeptTokens(frameBytes, budget(2), async () => memoryFile(frameBytes));
    await kept.append(frames(0, 2));
    await kept.append(frames(2, 1));
    expect(kept.failure).toBeNull();
    await kept.append(frames(3, 1));
    expect(kept.failure?.code).toBe("StorageFull");
    await kept.append(frames(4, 1));
    expect(kept.frames()).toEqual([0, 2, 4]);
    expect(await kept.read([0, 2, 4])).toEqual({ frames: 3, tokens: only([0, 2, 4]) });
  });

  it("does the same when there is no private storage at all", async () => {
    const kept = createKeptTokens(frameBytes, budget(2), () => Promise.reject(new Error("not here")));
    await kept.append(frames(0, 9));
    expect(kept.failure?.code).toBe("StorageFull");
    expect(kept.frames()).toEqual([0, 8]);
    expect((await kept.read([0, 8])).tokens).toEqual(only([0, 8]));
  });

  it("keeps nothing where there is room for nothing, and goes on", async () => {
    const kept = createKeptTokens(frameBytes, budget(0), () => Promise.reject(new Error("not here")));
    await kept.append(frames(0, 3));
    expect([kept.frames(), kept.count, kept.failure?.code]).toEqual([[], 0, "StorageFull"]);
  });
});
