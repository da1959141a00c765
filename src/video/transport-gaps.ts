import { transportStart } from "./sniff.ts";

/** Bytes that are looked at at once, about. */
const windowBytes = 1 << 20;

const syncByte = 0x47;

/**
 * A transport stream without what lies between its packets or behind them: readers stop at the first packet that does not begin with its sync byte,
 * but a receiver drops bytes, and files have tails of zeros.
 *
 * @param layout where the first packet begins, how long packets are, and where in them the sync byte stands
 */
export async function withoutGaps(
  file: Blob,
  { start, step, sync }: { readonly start: number; readonly step: number; readonly sync: number },
  signal: AbortSignal | undefined,
): Promise<Blob> {
  const runs: Blob[] = [];
  let begin = start;
  let at = start;
  let lost = false;
  while (at + step <= file.size) {
    signal?.throwIfAborted();
    const length = Math.min(file.size - at, Math.floor(windowBytes / step) * step);
    const bytes = new Uint8Array(await file.slice(at, at + length).arrayBuffer());
    if (lost) {
      const next = transportStart(bytes);
      // A packet that ends beyond the window may be the next one: the last packets are looked at again.
      at += next < 0 ? Math.max(1, length - 10 * step) : next;
      if (next < 0 && at + 10 * step > file.size) break;
      [begin, lost] = next < 0 ? [begin, lost] : [at, false];
      continue;
    }
    let good = 0;
    while (good + step <= length && bytes[good + sync] === syncByte) good += step;
    at += good;
    if (good + step > length) continue;
    runs.push(file.slice(begin, at));
    [begin, lost] = [at, true];
  }
  if (runs.length === 0) return start === 0 ? file : file.slice(start);
  return new Blob(lost ? runs : [...runs, file.slice(begin, at)]);
}
