import { assert } from "../errors.ts";
import { findBox, fullBox, type TopLevelBox, uint64 } from "./iso-boxes.ts";
import type { SampleColumns } from "./sample-columns.ts";

/**
 * Reads a track's sample table (ISO/IEC 14496-12, 8.5 to 8.7) into `columns`. Every count is held against the bytes of its box before anything is
 * read by it.
 *
 * @param stbl the table's box in `view`
 * @param evenSize bytes of every sample, where those of a chunk are to be one: uncompressed sound has one sample for each moment
 * @returns the time of decoding at which the last sample ends, in units of the track's timescale
 * @throws Error where a table is missing, or tells of more entries than it has
 */
export function readSampleTable(
  view: DataView,
  stbl: TopLevelBox,
  columns: SampleColumns,
  evenSize: number | null = null,
): number {
  const sizes = readSizes(view, stbl);
  const wide = findBox(view, stbl, "co64");
  const chunks = table(view, wide ?? findBox(view, stbl, "stco"), wide ? 8 : 4);
  const runs = table(view, findBox(view, stbl, "stsc"), 12);
  assert(chunks && runs, "no chunks");
  const nextTime = times(view, stbl);
  // Files of QuickTime's first version tell the size of a sample of one channel as 1.
  const isEven = evenSize !== null && (sizes.all === evenSize || sizes.all === 1);
  const evenDuration = isEven ? onlyDuration(view, stbl) : null;
  const isKey = keys(view, stbl);
  let run = 0;
  let decodedUntil = 0;
  for (let chunk = 0, i = 0; chunk < chunks.count && i < sizes.count; chunk++) {
    while (run + 1 < runs.count && view.getUint32(runs.at + (run + 1) * 12) <= chunk + 1) run++;
    const inChunk = view.getUint32(runs.at + run * 12 + 4);
    const format = view.getUint32(runs.at + run * 12 + 8) - 1;
    let offset = wide ? uint64(view, chunks.at + chunk * 8) : view.getUint32(chunks.at + chunk * 4);
    if (evenSize !== null && evenDuration !== null) {
      const samples = Math.min(inChunk, sizes.count - i);
      const duration = samples * evenDuration;
      columns.add({ time: decodedUntil, duration, key: true, size: samples * evenSize, format, offset });
      decodedUntil += duration;
      i += samples;
      continue;
    }
    for (const end = Math.min(sizes.count, i + inChunk); i < end; i++) {
      const size = sizes.of(i);
      const { time, duration } = nextTime();
      columns.add({ time, duration, key: isKey(i), size, format, offset });
      offset += size;
      decodedUntil += duration;
    }
  }
  assert(columns.length > 0, "no sample lies in a chunk");
  return decodedUntil;
}

/** Number of samples that a table claims to have; 0 where there is none. */
export function claimedSamples(view: DataView, stbl: TopLevelBox | null): number {
  const box = stbl && (findBox(view, stbl, "stsz") ?? findBox(view, stbl, "stz2"));
  return box && box.end - box.start >= 20 ? view.getUint32(box.start + box.headerBytes + 8) : 0;
}

type Table = { readonly at: number; readonly count: number };

/** A box that consists of a count and as many entries; null where there is none. */
function table(view: DataView, box: TopLevelBox | null, entryBytes: number): Table | null {
  if (!box) return null;
  const { at } = fullBox(view, box);
  const count = view.getUint32(at);
  assert(at + 4 + count * entryBytes <= box.end, `${box.type} of ${count} entries in ${box.end - box.start} bytes`);
  return { at: at + 4, count };
}

function readSizes(view: DataView, stbl: TopLevelBox): { count: number; all: number; of(sample: number): number } {
  const box = findBox(view, stbl, "stsz");
  const compact = box ? null : findBox(view, stbl, "stz2");
  assert(box || compact, "no sample sizes");
  const { at } = fullBox(view, (box ?? compact) as TopLevelBox);
  const count = view.getUint32(at + 4);
  const all = box ? view.getUint32(at) : 0;
  if (all > 0) return { count, all, of: () => all };
  const bits = box ? 32 : view.getUint8(at + 3);
  assert([4, 8, 16, 32].includes(bits), `sample sizes of ${bits} bits`);
  assert(at + 8 + (count * bits) / 8 <= ((box ?? compact) as TopLevelBox).end, `sizes of ${count} samples`);
  const first = at + 8;
  if (bits === 32) return { count, all, of: (i) => view.getUint32(first + i * 4) };
  if (bits === 16) return { count, all, of: (i) => view.getUint16(first + i * 2) };
  if (bits === 8) return { count, all, of: (i) => view.getUint8(first + i) };
  return { count, all, of: (i) => (view.getUint8(first + (i >> 1)) >> (i % 2 === 0 ? 4 : 0)) & 15 };
}

/** Gives each sample's time of presentation and its duration in turn. Where `stts` ends early, its last entry goes on. */
function times(view: DataView, stbl: TopLevelBox): () => { time: number; duration: number } {
  const durations = table(view, findBox(view, stbl, "stts"), 8);
  assert(durations && durations.count > 0, "no sample durations");
  const nextDuration = runLength(view, durations, (at) => view.getUint32(at));
  const offsets = table(view, findBox(view, stbl, "ctts"), 8);
  // Files of version 0 have negative offsets too.
  const nextOffset = offsets && offsets.count > 0 ? runLength(view, offsets, (at) => view.getInt32(at)) : () => 0;
  let decodedAt = 0;
  return () => {
    const duration = nextDuration();
    const time = decodedAt + nextOffset();
    decodedAt += duration;
    return { time, duration };
  };
}

/** How long every sample lasts, or null where they differ. */
function onlyDuration(view: DataView, stbl: TopLevelBox): number | null {
  const durations = table(view, findBox(view, stbl, "stts"), 8);
  return durations?.count === 1 ? view.getUint32(durations.at + 4) : null;
}

/** Gives the values of a table of (count, value) one by one. */
function runLength(view: DataView, { at, count }: Table, read: (at: number) => number): () => number {
  let entry = -1;
  let left = 0;
  let value = 0;
  return () => {
    while (left === 0 && entry + 1 < count) {
      entry++;
      left = view.getUint32(at + entry * 8);
      value = read(at + entry * 8 + 4);
    }
    if (left > 0) left--;
    return value;
  };
}

/** Tells of each sample in turn whether decoding can start there; without a table it can at all. */
function keys(view: DataView, stbl: TopLevelBox): (sample: number) => boolean {
  const marked = table(view, findBox(view, stbl, "stss"), 4);
  if (!marked) return () => true;
  let next = 0;
  return (sample) => {
    while (next < marked.count && view.getUint32(marked.at + next * 4) < sample + 1) next++;
    return next < marked.count && view.getUint32(marked.at + next * 4) === sample + 1;
  };
}
