import { formatBytes } from "../parts/format.ts";
import type { Shelf } from "./candidate.ts";

/** Whether a model that is not stored yet finds room, and what the person should know of it. */
export type DiskOutlook = {
  readonly sentence: string;
  /** Whether loading it is worth trying. */
  readonly possible: boolean;
  /** Whether the disk has too little room for it. */
  readonly short: boolean;
};

/**
 * What loading a model will find, by the rules of `library/choose-place.ts`: the disk, the disk once other things are deleted,
 * or memory.
 *
 * @param needed bytes that loading it takes, for a while
 * @param free bytes that the browser says are free; null where it says nothing
 * @param usage null before it is known
 */
export function diskOutlook(needed: number, free: number | null, usage: Shelf["usage"] | null): DiskOutlook {
  const size = formatBytes(needed);
  const { place = "disk", memoryBytes = 0, modelBytes = 0, partialBytes = 0 } = usage ?? {};
  const holdable = needed <= memoryBytes;
  if (place === "memory") {
    const words = `Needs ${size} of memory while it loads, as this window stores nothing.`;
    return holdable
      ? { sentence: words, possible: true, short: false }
      : {
          sentence: `${words} That is too much. Use a normal window, or choose a smaller form.`,
          possible: false,
          short: true,
        };
  }
  const need = `Needs ${size} of disk while it loads`;
  if (free === null) return { sentence: `${need}.`, possible: true, short: false };
  const both = `${need}, ${formatBytes(free)} are free.`;
  if (needed <= free) return { sentence: both, possible: true, short: false };
  if (modelBytes + partialBytes + free >= needed)
    return { sentence: `${both} Delete something below, or choose a smaller form.`, possible: false, short: true };
  if (holdable)
    return { sentence: `${both} It will be held in memory, and is gone with the page.`, possible: true, short: true };
  return { sentence: `${both} Free some of the disk, or choose a smaller form.`, possible: false, short: true };
}
