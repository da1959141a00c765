import { AuroraError, assert } from "../../errors.ts";
import type { SpillFile } from "../../storage/spill-file.ts";
import { createMutex } from "../flow.ts";
import { createSlots } from "./slots.ts";

/**
 * The visual tokens of frames, as they were read, so that they can be read again without decoding. In memory first, in a
 * file of the browser's private storage past that, and within a budget whatever the video's length: past it every second
 * frame goes, the oldest first, so that what is left lies evenly over the whole, never more than twice as far apart at
 * its beginning as at its end.
 */
export type KeptTokens = {
  /** Indices of the frames that can be read again, ascending. */
  frames(): readonly number[];
  readonly count: number;
  readonly byteLength: number;
  /** Set once there was no room for as many frames as the budget allows. */
  readonly failure: AuroraError | null;
  /** Passes over the first frames, whose tokens nobody has; before the first `append`. */
  skip(frames: number): void;
  /** Takes the tokens of the next frames, all of one frame after the other. */
  append(tokens: Uint8Array): Promise<void>;
  /** The tokens of those of some frames that are still kept. */
  read(frames: readonly number[]): Promise<{ readonly frames: number; readonly tokens: Uint8Array<ArrayBuffer> }>;
  /** Frees all, once what is under way has ended. */
  destroy(): Promise<void>;
};

/** Bytes that tokens may take: in memory, and in memory and on disk together. */
export type KeptBudget = { readonly memoryBytes: number; readonly totalBytes: number };

/**
 * @param frameBytes of one frame's tokens
 * @param openSpill opens the file when the memory's part of the budget is spent; may throw
 */
export function createKeptTokens(
  frameBytes: number,
  budget: KeptBudget,
  openSpill: () => Promise<SpillFile>,
): KeptTokens {
  const slots = createSlots(frameBytes, Math.floor(budget.memoryBytes / frameBytes), openSpill);
  const spread = createSpread(Math.max(1, Math.floor(budget.totalBytes / frameBytes)));
  /** Frames that were passed over; those below are counted from there. */
  let skipped = 0;
  /** Slot of each kept frame, in the frames' order. */
  const places = new Map<number, number>();
  const turns = createMutex();
  let appended = 0;
  let failure: AuroraError | null = null;

  function free(frame: number): void {
    const slot = places.get(frame);
    if (slot !== undefined) slots.free(slot);
    places.delete(frame);
  }

  async function keep(frame: number, tokens: Uint8Array): Promise<void> {
    for (;;) {
      const dropped = spread.makeRoom(frame, places.size);
      for (const each of dropped) free(each);
      if (!spread.wants(frame)) return;
      try {
        places.set(frame, await slots.write(tokens));
        return;
      } catch (cause) {
        // From now on there is room for what is there: older frames make way for new ones.
        spread.limit(places.size);
        failure ??= noRoom(cause);
        if (places.size === 0) return;
      }
    }
  }

  return {
    frames: () => Array.from(places.keys(), (frame) => frame + skipped),
    get count() {
      return places.size;
    },
    get byteLength() {
      return places.size * frameBytes;
    },
    get failure() {
      return failure;
    },
    skip(frames) {
      assert(appended === 0, `${appended} frames were appended before`);
      skipped = frames;
    },
    append: (tokens) =>
      turns.run(async () => {
        assert(tokens.length % frameBytes === 0, `${tokens.length} bytes are not whole frames of ${frameBytes}`);
        for (let at = 0; at < tokens.length; at += frameBytes)
          await keep(appended++, tokens.subarray(at, at + frameBytes));
      }),
    read: (frames) =>
      turns.run(async () => {
        const kept = frames.map((frame) => places.get(frame - skipped)).filter((slot) => slot !== undefined);
        const tokens = new Uint8Array(kept.length * frameBytes);
        kept.forEach((slot, i) => {
          slots.read(slot, tokens.subarray(i * frameBytes, (i + 1) * frameBytes));
        });
        return { frames: kept.length, tokens };
      }),
    destroy: () => turns.run(() => slots.destroy()),
  };
}

/**
 * Which frames are kept: at first each, then, from one end to the other, every second, every fourth and so on. Behind
 * `sweep` all multiples of `step` are kept, before it those of twice the step.
 *
 * @param most frames at a time; at least 1
 */
function createSpread(most: number) {
  let limit = most;
  let step = 1;
  let sweep = 1;
  return {
    limit(count: number): void {
      limit = Math.max(1, Math.min(limit, count));
    },
    /** Whether the next frame is one to be kept. */
    wants: (frame: number) => frame % step === 0,
    /** Which of the frames before `frame`, `count` in number, make way for it; none where it is not wanted itself. */
    makeRoom(frame: number, count: number): number[] {
      const dropped: number[] = [];
      while (frame % step === 0 && count - dropped.length >= limit) {
        if (sweep < frame) {
          dropped.push(sweep);
          sweep += 2 * step;
        } else {
          step *= 2;
          sweep = step;
        }
      }
      return dropped;
    },
  };
}

function noRoom(cause: unknown): AuroraError {
  return new AuroraError(
    "StorageFull",
    `The disk has no room to keep more frames: for each new one an older one goes, so "Look again" sees fewer of them. Answers from memory are not affected.`,
    cause,
  );
}
