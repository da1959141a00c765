import { AuroraError } from "../../errors.ts";
import type { SpillFile } from "../../storage/spill-file.ts";

/** Room for pieces of one size, by number: the first in memory, all others in a spill file. */
export type Slots = {
  /** @returns the slot that was written. @throws the browser's errors where there is no room */
  write(piece: Uint8Array): Promise<number>;
  /** @throws AuroraError `StorageFull` where the disk has lost it */
  read(slot: number, into: Uint8Array<ArrayBuffer>): void;
  /** Gives a slot back: the next piece may be written there. */
  free(slot: number): void;
  destroy(): Promise<void>;
};

/**
 * @param pieceBytes of each
 * @param inMemory how many are held in memory
 * @param openSpill opens the file when these are used; may throw
 */
export function createSlots(pieceBytes: number, inMemory: number, openSpill: () => Promise<SpillFile>): Slots {
  const memory: Uint8Array[] = [];
  const unused: number[] = [];
  let used = 0;
  let spill: SpillFile | null = null;

  async function writeTo(slot: number, piece: Uint8Array): Promise<void> {
    if (slot < inMemory) {
      memory[slot] = piece.slice();
      return;
    }
    spill ??= await openSpill();
    // A buffer of its own, as the file wants. Not "less than": Chromium returns -8 as an unsigned number when the quota is spent.
    const written = spill.write(new Uint8Array(piece), { at: (slot - inMemory) * pieceBytes });
    if (written !== piece.length) throw new Error(`${written} of ${piece.length} bytes written`);
  }

  return {
    async write(piece) {
      const slot = unused.at(-1) ?? used;
      await writeTo(slot, piece);
      if (slot === used) used++;
      else unused.pop();
      return slot;
    },
    read(slot, into) {
      if (slot < inMemory) into.set(memory[slot] as Uint8Array);
      else if (spill?.read(into, { at: (slot - inMemory) * pieceBytes }) !== into.length) throw unreadable();
    },
    free: (slot) => void unused.push(slot),
    async destroy() {
      memory.length = 0;
      spill?.close();
      await spill?.remove();
      spill = null;
    },
  };
}

function unreadable(): AuroraError {
  return new AuroraError("StorageFull", "What was kept could not be read back from disk. Watch the video again.");
}
