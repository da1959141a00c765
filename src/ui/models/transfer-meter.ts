/** How fast bytes come; null while that is not known yet. */
export type Transfer = { readonly bytesPerSecond: number | null; readonly secondsLeft: number | null };

/** Nothing is known yet. */
export const unknownTransfer: Transfer = { bytesPerSecond: null, secondsLeft: null };

/** Long enough to even out a network's breathing, short enough to follow a change. */
const windowMs = 8000;
const shortestMs = 800;

/** Measures the speed of one transfer over its last seconds; `stage` tells its parts apart, which are measured afresh. */
export function createTransferMeter() {
  let stage = "";
  let samples: { readonly atMs: number; readonly bytes: number }[] = [];
  return {
    /** @param totalBytes null while unknown */
    add(atMs: number, part: string, bytes: number, totalBytes: number | null): Transfer {
      const last = samples.at(-1);
      // Fewer bytes than before: a file was begun again.
      if (part !== stage || (last && bytes < last.bytes)) samples = [];
      stage = part;
      samples.push({ atMs, bytes });
      while (samples.length > 2 && atMs - (samples[1]?.atMs ?? atMs) >= windowMs) samples.shift();
      const first = samples[0];
      if (!first || atMs - first.atMs < shortestMs) return unknownTransfer;
      const bytesPerSecond = ((bytes - first.bytes) * 1000) / (atMs - first.atMs);
      const secondsLeft = totalBytes !== null && bytesPerSecond > 0 ? (totalBytes - bytes) / bytesPerSecond : null;
      return { bytesPerSecond, secondsLeft };
    },
  };
}
