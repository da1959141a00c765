import { childBoxes, findBox, fourCc, fullBox, type TopLevelBox, uint64 } from "./iso-boxes.ts";
import { isKnownEntry } from "./iso-format.ts";
import { claimedSamples } from "./iso-samples.ts";

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
  /** As its header tells; 0 where it tells nothing, as in fragmented files. */
  readonly durationSeconds: number;
};

/** A track that lasts less than this part of the longest one is a preview or a cover. */
const leastShare = 0.25;

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
      samples: claimedSamples(view, findBox(view, box, "mdia", "minf", "stbl")),
      durationSeconds: readClock(view, box).seconds,
    });
  }
  return tracks;
}

/**
 * The track to watch: one whose codec is known before the others, then one that is no mere preview, then an enabled one, then the largest
 * picture. Undefined where none has video.
 */
export function chooseVideoTrack(tracks: readonly IsoTrack[]): IsoTrack | undefined {
  const videos = tracks.filter((track) => track.handler === "vide");
  const longest = Math.max(...videos.map((track) => track.durationSeconds));
  const rank = (track: IsoTrack) => [
    Number(isKnownEntry(track.sampleEntry)),
    Number(track.durationSeconds >= longest * leastShare),
    Number(track.enabled),
    track.area,
  ];
  return videos.sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, i) => value !== right[i]);
    return at < 0 ? 0 : (right[at] as number) - (left[at] as number);
  })[0];
}

/** A track's clock: units in a second (0 where it is damaged), and how long the track lasts by its own header. */
export function readClock(view: DataView, trak: TopLevelBox): { timescale: number; seconds: number } {
  const mdhd = findBox(view, trak, "mdia", "mdhd");
  if (!mdhd || mdhd.end - mdhd.start < 32) return { timescale: 0, seconds: 0 };
  const { at, version } = fullBox(view, mdhd);
  const wide = version === 1;
  const timescale = view.getUint32(at + (wide ? 16 : 8));
  const duration = wide ? uint64(view, at + 20) : view.getUint32(at + 12);
  // All bits set stand for a duration that nobody knows.
  const known = timescale > 0 && duration < (wide ? 2 ** 53 : 2 ** 32 - 1);
  return { timescale, seconds: known ? duration / timescale : 0 };
}

function sampleEntry(view: DataView, trak: TopLevelBox): { area: number; sampleEntry: string } {
  const stsd = findBox(view, trak, "mdia", "minf", "stbl", "stsd");
  const entry = stsd ? childBoxes(view, stsd.start + stsd.headerBytes + 8, stsd.end)[0] : undefined;
  if (!entry) return { area: 0, sampleEntry: "" };
  const size = entry.start + entry.headerBytes + 24;
  const area = size + 4 <= entry.end ? view.getUint16(size) * view.getUint16(size + 2) : 0;
  return { area, sampleEntry: entry.type };
}
