import { findBox, fullBox, type TopLevelBox, uint64 } from "./iso-boxes.ts";
import type { Rotation, Segment } from "./packet-index.ts";

/** What an edit list does, in microseconds. */
export type Edits = {
  /** What to add to each packet's own time. */
  readonly shift: number;
  /** Where the presentation ends; null: with the last packet. */
  readonly end: number | null;
  /** The parts that are shown, on the timeline with `shift` added; null where they are one. */
  readonly segments: readonly Segment[] | null;
};

type Edit = { readonly duration: number; readonly mediaTime: number };

/** Reads the edit list of a track (ISO/IEC 14496-12, 8.6.6). Edits without media delay what follows. */
export function readEdits(view: DataView, trak: TopLevelBox, timescale: number, movieTimescale: number): Edits {
  const entries = readEntries(view, findBox(view, trak, "edts", "elst"));
  const first = entries.findIndex((entry) => entry.mediaTime >= 0);
  if (first === -1) return { shift: 0, end: null, segments: null };
  const lasts = (entry: Edit) => (entry.duration / movieTimescale) * 1e6;
  const begins = (entry: Edit) => (entry.mediaTime / timescale) * 1e6;
  const start = entries.slice(0, first).reduce((sum, entry) => sum + lasts(entry), 0);
  const edit = entries[first] as Edit;
  const shift = start - begins(edit);
  if (entries.every((entry, i) => i <= first || entry.mediaTime < 0)) {
    return { shift, end: edit.duration > 0 ? start + lasts(edit) : null, segments: null };
  }
  const segments: Segment[] = [];
  let at = 0;
  for (const entry of entries) {
    const from = begins(entry) + shift;
    if (entry.mediaTime >= 0 && entry.duration > 0) segments.push({ from, to: from + lasts(entry), at });
    at += lasts(entry);
  }
  return { shift, end: at, segments };
}

function readEntries(view: DataView, elst: TopLevelBox | null): Edit[] {
  if (!elst) return [];
  const { at, version } = fullBox(view, elst);
  const bytes = version === 1 ? 20 : 12;
  const held = Math.floor((elst.end - at - 4) / bytes);
  return Array.from({ length: Math.min(view.getUint32(at), held) }, (_, i) => {
    const entry = at + 4 + i * bytes;
    return version === 1
      ? { duration: uint64(view, entry), mediaTime: Number(view.getBigInt64(entry + 8)) }
      : { duration: view.getUint32(entry), mediaTime: view.getInt32(entry + 4) };
  });
}

/** How the track header's matrix shows the picture: turned clockwise, then mirrored left to right. */
export function readTurn(view: DataView, trak: TopLevelBox): { rotation: Rotation; mirrored: boolean } {
  const tkhd = findBox(view, trak, "tkhd");
  if (!tkhd) return { rotation: 0, mirrored: false };
  const { at, version } = fullBox(view, tkhd);
  const matrix = at + (version === 1 ? 48 : 36);
  if (matrix + 20 > tkhd.end) return { rotation: 0, mirrored: false };
  // Rows (a, b, u), (c, d, v): where a step to the right and one down lead.
  const [a = 1, b = 0, c = 0, d = 1] = [0, 4, 12, 16].map((entry) => view.getInt32(matrix + entry));
  const mirrored = a * d - b * c < 0;
  const degrees = (Math.atan2(b, mirrored ? -a : a) * 180) / Math.PI;
  return { rotation: ((((Math.round(degrees / 90) * 90) % 360) + 360) % 360) as Rotation, mirrored };
}
