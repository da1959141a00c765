import { AuroraError, assert } from "../../errors.ts";
import type { SpillFile } from "../../storage/spill-file.ts";

/**
 * The visual tokens of all frames, as they were read, so that they can be read again without decoding. In memory up to a
 * budget, in a file of the browser's private storage past it.
 */
export type KeptTokens = {
  /** Frames that can be read again. */
  readonly frames: number;
  /** Set once frames could not be kept; those before still can be read. */
  readonly failure: AuroraError | null;
  /** Keeps the tokens of some more frames, `frameBytes` each. */
  append(tokens: Uint8Array): Promise<void>;
  /** The tokens of frames [begin, end). */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  destroy(): Promise<void>;
};

/** @param openSpill opens the file when the budget is spent; may throw */
export function createKeptTokens(
  frameBytes: number,
  budgetBytes: number,
  openSpill: () => Promise<SpillFile>,
): KeptTokens {
  const memoryFrames = Math.floor(budgetBytes / frameBytes);
  const blocks: Uint8Array[] = []; // as appended; the first `memoryFrames` frames
  const blockStarts: number[] = [];
  let inMemory = 0;
  let onDisk = 0;
  let spill: SpillFile | null = null;
  let failure: AuroraError | null = null;

  async function appendToDisk(tokens: Uint8Array): Promise<void> {
    try {
      spill ??= await openSpill();
      const bytes = new Uint8Array(tokens); // a plain buffer of its own, as the file wants
      const written = spill.write(bytes, { at: onDisk * frameBytes });
      // Not "less than": Chromium returns -8 as an unsigned number when the quota is spent.
      if (written !== bytes.length) throw new Error(`${written} of ${bytes.length} bytes written`);
      onDisk += tokens.length / frameBytes;
    } catch (cause) {
      const kept = inMemory + onDisk;
      failure = new AuroraError(
        "StorageFull",
        `The disk has no room to keep more frames: "Look again" sees the first ${kept} frames only. Answers from memory are not affected.`,
        cause,
      );
    }
  }

  function copyFromMemory(begin: number, end: number, to: Uint8Array): void {
    let block = findBlock(blockStarts, begin);
    for (let frame = begin; frame < end; block++) {
      const first = blockStarts[block] as number;
      const bytes = blocks[block] as Uint8Array;
      const last = Math.min(end, first + bytes.length / frameBytes);
      to.set(bytes.subarray((frame - first) * frameBytes, (last - first) * frameBytes), (frame - begin) * frameBytes);
      frame = last;
    }
  }

  return {
    get frames() {
      return inMemory + onDisk;
    },
    get failure() {
      return failure;
    },
    async append(tokens) {
      assert(tokens.length % frameBytes === 0, `${tokens.length} bytes are not whole frames of ${frameBytes}`);
      if (failure) return; // a gap would put later frames at wrong times
      const fits = Math.min(tokens.length / frameBytes, memoryFrames - inMemory);
      if (fits > 0) {
        blockStarts.push(inMemory);
        blocks.push(tokens.slice(0, fits * frameBytes));
        inMemory += fits;
      }
      if (fits * frameBytes < tokens.length) await appendToDisk(tokens.subarray(fits * frameBytes));
    },
    async read(begin, end) {
      assert(begin >= 0 && end <= inMemory + onDisk, `frames ${begin} to ${end} of ${inMemory + onDisk}`);
      const tokens = new Uint8Array((end - begin) * frameBytes);
      if (begin < inMemory) copyFromMemory(begin, Math.min(end, inMemory), tokens);
      if (end > inMemory) {
        const from = Math.max(begin, inMemory);
        const part = tokens.subarray((from - begin) * frameBytes);
        const read = spill?.read(part, { at: (from - inMemory) * frameBytes }) ?? 0;
        if (read < part.length)
          throw new AuroraError(
            "StorageFull",
            "The kept frames could not be read back from disk. Watch the video again.",
          );
      }
      return tokens;
    },
    async destroy() {
      blocks.length = 0;
      spill?.close();
      await spill?.remove();
      spill = null;
    },
  };
}

/** Index of the last block that starts at or before `frame`. */
function findBlock(starts: readonly number[], frame: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] as number) <= frame) low = middle;
    else high = middle - 1;
  }
  return low;
}
