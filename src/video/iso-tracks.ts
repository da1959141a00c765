import { childBoxes, findBox, fourCc, hideBox, type TopLevelBox } from "./iso-boxes.ts";

/** A track as its header tells, before its sample table is read. */
export type IsoTrack = {
  readonly id: number;
  readonly box: TopLevelBox;
  readonly handler: string;
  readonly enabled: boolean;
  /** Size in pixels by the sample entry; 0 where there is none. */
  readonly area: number;
  /** Four-character code of the first sample entry, e.g. `avc1`, `encv`; empty where there is none. */
  readonly sampleEntry: string;
  /** Number of samples that the table claims to have. */
  readonly samples: number;
};

/** The tracks of a `moov` box that lies at the start of `view`. Damaged ones are left out. */
export function listTracks(view: DataView, moov: TopLevelBox): IsoTrack[] {
  const tracks: IsoTrack[] = [];
  for (const box of childBoxes(view, moov.headerBytes, moov.end)) {
    const tkhd = box.type === "trak" ? findBox(view, box, "tkhd") : null;
    const hdlr = box.type === "trak" ? findBox(view, box, "mdia", "hdlr") : null;
    if (!tkhd || !hdlr || hdlr.end - hdlr.start < 20) continue;
    const header = tkhd.start + tkhd.headerBytes;
    const wideTimes = view.getUint8(header) === 1;
    tracks.push({
      id: view.getUint32(header + (wideTimes ? 20 : 12)),
      box,
      handler: fourCc(view, hdlr.start + hdlr.headerBytes + 8),
      enabled: (view.getUint8(header + 3) & 1) !== 0,
      ...sampleEntry(view, box),
      samples: sampleCount(view, box),
    });
  }
  return tracks;
}

/** The track to watch: an enabled one before the others, then the largest picture. Undefined where none has video. */
export function chooseVideoTrack(tracks: readonly IsoTrack[]): IsoTrack | undefined {
  return tracks
    .filter((track) => track.handler === "vide")
    .sort((a, b) => Number(b.enabled) - Number(a.enabled) || b.area - a.area)[0];
}

/** Hides everything in a `moov` that the index does not need: other tracks cost memory, user data can be malformed. */
export function keepOnlyTrack(view: DataView, moov: TopLevelBox, chosen: IsoTrack): void {
  for (const box of childBoxes(view, moov.headerBytes, moov.end)) {
    const other = box.type === "trak" && box.start !== chosen.box.start;
    if (other || box.type === "udta" || box.type === "meta" || box.type === "pssh") hideBox(view, box);
  }
}

/** Hides the other tracks' runs in a `moof` that lies at the start of `view`. Returns the samples that the kept ones claim. */
export function keepOnlyFragment(view: DataView, moof: TopLevelBox, trackId: number): number {
  let samples = 0;
  for (const box of childBoxes(view, moof.headerBytes, moof.end)) {
    if (box.type === "pssh" || box.type === "uuid" || box.type === "meta") hideBox(view, box);
    if (box.type !== "traf") continue;
    const tfhd = findBox(view, box, "tfhd");
    if (!tfhd || view.getUint32(tfhd.start + tfhd.headerBytes + 4) !== trackId) {
      hideBox(view, box);
      continue;
    }
    for (const run of childBoxes(view, box.start + box.headerBytes, box.end)) {
      if (run.type === "trun") samples += view.getUint32(run.start + run.headerBytes + 4);
    }
  }
  return samples;
}

function sampleEntry(view: DataView, trak: TopLevelBox): { area: number; sampleEntry: string } {
  const stsd = findBox(view, trak, "mdia", "minf", "stbl", "stsd");
  const entry = stsd ? childBoxes(view, stsd.start + stsd.headerBytes + 8, stsd.end)[0] : undefined;
  if (!entry) return { area: 0, sampleEntry: "" };
  const size = entry.start + entry.headerBytes + 24;
  const area = size + 4 <= entry.end ? view.getUint16(size) * view.getUint16(size + 2) : 0;
  return { area, sampleEntry: entry.type };
}

function sampleCount(view: DataView, trak: TopLevelBox): number {
  const stsz = findBox(view, trak, "mdia", "minf", "stbl", "stsz");
  return stsz && stsz.end - stsz.start >= 20 ? view.getUint32(stsz.start + stsz.headerBytes + 8) : 0;
}
