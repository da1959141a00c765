import { describe, expect, it } from "vitest";
import { createKeptTokens } from "../../../src/session/memory/kept-tokens.ts";
import type { SpillFile } from "../../../src/storage/spill-file.ts";

/** A file in memory that takes at most `capacity` bytes. */
function memoryFile(capacity = Number.POSITIVE_INFINITY): SpillFile & { readonly log: string[] } {
  let content = new Uint8Array(0);
  const log: string[] = [];
  return {
    log,
    write(buffer, { at }) {
      const room = Math.max(0, Math.min(buffer.length, capacity - at));
      const grown = new Uint8Array(Math.max(content.length, at + room));
      grown.set(content);
      grown.set(buffer.subarray(0, room), at);
      content = grown;
      return room;
    },
    read(buffer, { at }) {
      const part = content.subarray(at, at + buffer.length);
      buffer.set(part);
      return part.length;
    },
    close: () => void log.push("close"),
    remove: async () => void log.push("remove"),
  };
}

const frameBytes = 6;
const frames = (first: number, count: number) =>
  Uint8Array.from({ length: count * frameBytes }, (_, i) => first * frameBytes + i);

describe("kept tokens", () => {
  it("gives back any range, from memory, from disk and across both", async () => {
    const kept = createKeptTokens(frameBytes, 5 * frameBytes, async () => memoryFile());
    for (const [first, count] of [
      [0, 3],
      [3, 1],
      [4, 4],
      [8, 2],
    ] as const)
      await kept.append(frames(first, count));
    expect(kept.frames).toBe(10);
    for (let begin = 0; begin <= 10; begin++) {
      for (let end = begin; end <= 10; end++) expect(await kept.read(begin, end)).toEqual(frames(begin, end - begin));
    }
  });

  it("opens no file within the budget, and removes the one it opened", async () => {
    const file = memoryFile();
    let opened = 0;
    const kept = createKeptTokens(frameBytes, 2 * frameBytes, async () => {
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

  it("says so when the disk is full, keeps what it has, and leaves no gap", async () => {
    const kept = createKeptTokens(frameBytes, 2 * frameBytes, async () => memoryFile(frameBytes));
    await kept.append(frames(0, 2));
    await kept.append(frames(2, 1));
    expect(kept.failure).toBeNull();
    await kept.append(frames(3, 1));
    expect(kept.failure?.code).toBe("StorageFull");
    await kept.append(frames(4, 1));
    expect(kept.frames).toBe(3);
    expect(await kept.read(0, 3)).toEqual(frames(0, 3));
  });

  it("does the same when there is no private storage at all", async () => {
    const kept = createKeptTokens(frameBytes, frameBytes, () => Promise.reject(new Error("not here")));
    await kept.append(frames(0, 2));
    expect(kept.frames).toBe(1);
    expect(kept.failure?.code).toBe("StorageFull");
  });
});
