import { AuroraError, assert } from "../errors.ts";
import { FileWindow } from "./file-window.ts";
import { childBoxes, findBox, fourCc, fullBox, readHeader, type TopLevelBox, uint64 } from "./iso-boxes.ts";
import { readEdits, readTurn } from "./iso-edits.ts";
import { toPacketFormat } from "./iso-format.ts";
import { FragmentReader } from "./iso-fragments.ts";
import { readSampleTable } from "./iso-samples.ts";
import { chooseVideoTrack, type IsoTrack, listTracks, readClock } from "./iso-tracks.ts";
import type { OpeningListener, PacketFormat, PacketIndex } from "./packet-index.ts";
import { SampleColumns } from "./sample-columns.ts";

const maxMoovBytes = 512 * 2 ** 20;

/** A file that another reader may still make sense of: the index is there but does not parse. */
export class IsoParseError extends Error {}

/** Which track of a file to read, and how its packets are encoded. */
export type IsoReading<Format> = {
  /** @param view what the tracks' boxes lie in. Throws where none is worth reading. */
  choose(tracks: readonly IsoTrack[], view: DataView): IsoTrack;
  /** @throws Error where the sample entry lacks what decoders need */
  toFormat(view: DataView, entry: TopLevelBox): Format;
  /** Bytes of one sample where all are alike and those of a chunk may be read as one; null where they are not. */
  evenSize?(view: DataView, entry: TopLevelBox): number | null;
};

const pictures: IsoReading<PacketFormat> = { choose: chooseVideo, toFormat: toPacketFormat };

/**
 * Reads the packet index of the video track of an MP4, MOV or fragmented MP4 file.
 * @throws AuroraError where the file has no video or is beyond reading; `IsoParseError` where its tables are malformed
 */
export function readIsoIndex(file: Blob, signal?: AbortSignal, onProgress?: OpeningListener): Promise<PacketIndex> {
  return readIsoTrack(file, pictures, signal, onProgress);
}

/**
 * Reads the packet index of a track, touching only box headers, `moov` and `moof`. What it costs grows with their bytes, whatever they claim.
 * @throws AuroraError where the file is beyond reading; `IsoParseError` where its tables are malformed; what `choose` throws
 */
export async function readIsoTrack<Format>(
  file: Blob,
  reading: IsoReading<Format>,
  signal?: AbortSignal,
  onProgress?: OpeningListener,
): Promise<PacketIndex<Format>> {
  const window = new FileWindow(file);
  const seen = new Set<string>();
  const early: TopLevelBox[] = [];
  let movie: Movie | null = null;
  let end = 0;
  for (let at = 0; at + 8 <= file.size; ) {
    signal?.throwIfAborted();
    if (!window.holds(at, at + 16)) await window.load(at, at + 16);
    const box = readHeader(window.view(at, at + 16), 0, at, file.size);
    if (!box) break;
    end = at = box.end;
    onProgress?.(Math.min(1, at / file.size));
    seen.add(box.type);
    const begun = box.end > file.size;
    if (box.type === "moov" && begun) throw missingMoov(seen);
    if (box.type === "moov" && !movie) {
      movie = await readMovie(file, box, reading);
      for (const fragment of early) if (!(await readFragment(window, fragment, movie))) break;
    } else if (box.type === "moof" && !begun) {
      if (!movie) early.push(box);
      else if (!(await readFragment(window, box, movie))) break;
    }
  }
  if (!movie) throw missingMoov(seen);
  const container = await containerName(file, seen);
  return { container, ...finish(movie, reading, file.size, end > file.size && seen.has("moof"), seen.has("moof")) };
}

/** Reads a fragment; false where it is damaged, and what came before it is all that can be shown. */
async function readFragment(window: FileWindow, moof: TopLevelBox, movie: Movie): Promise<boolean> {
  if (!window.holds(moof.start, moof.end)) await window.load(moof.start, moof.end);
  try {
    const local = { ...moof, start: 0, end: moof.end - moof.start };
    movie.fragments.read(window.view(moof.start, moof.end), local, moof.start);
    return true;
  } catch {
    return false;
  }
}

/** Files of before `ftyp` was invented are QuickTime's. */
async function containerName(file: Blob, seen: ReadonlySet<string>): Promise<string> {
  if (!seen.has("ftyp")) return "MOV";
  const head = new DataView(await file.slice(0, 12).arrayBuffer());
  return fourCc(head, 4) === "ftyp" && fourCc(head, 8) === "qt  " ? "MOV" : "MP4";
}

function missingMoov(seen: ReadonlySet<string>): AuroraError {
  if (!seen.has("moov") && !seen.has("mdat"))
    return new AuroraError("VideoUnreadable", "This file looks like MP4 or MOV but holds no video.");
  if (seen.has("moof")) {
    return new AuroraError(
      "VideoUnreadable",
      "This is a piece of a stream without its beginning. Use the whole video.",
    );
  }
  return new AuroraError(
    "VideoUnreadable",
    "The recording was cut off: its index is missing. Record or copy the file again, or repair it with a tool such as untrunc.",
  );
}

/** What `moov` tells of the chosen track, and where the samples of it and of the fragments are gathered. */
type Movie = {
  readonly view: DataView;
  readonly moov: TopLevelBox;
  readonly track: IsoTrack;
  readonly columns: SampleColumns;
  readonly fragments: FragmentReader;
};

async function readMovie(file: Blob, box: TopLevelBox, reading: IsoReading<unknown>): Promise<Movie> {
  if (box.end - box.start > maxMoovBytes) throw new IsoParseError("moov is too large");
  const view = new DataView(await file.slice(box.start, box.end).arrayBuffer());
  const moov = { ...box, start: 0, end: box.end - box.start };
  const tracks = listTracks(view, moov);
  if (tracks.length === 0) throw new IsoParseError("moov has no track");
  const track = reading.choose(tracks, view);
  const columns = new SampleColumns();
  try {
    const stbl = findBox(view, track.box, "mdia", "minf", "stbl");
    const [entry] = sampleEntries(view, track.box);
    const evenSize = entry ? (reading.evenSize?.(view, entry) ?? null) : null;
    const decodedUntil = stbl && track.samples > 0 ? readSampleTable(view, stbl, columns, evenSize) : 0;
    const fragments = new FragmentReader(view, moov, track.id, columns, file.size, decodedUntil);
    return { view, moov, track, columns, fragments };
  } catch (error) {
    throw new IsoParseError("the sample table does not add up", { cause: error });
  }
}

function chooseVideo(tracks: readonly IsoTrack[]): IsoTrack {
  const track = chooseVideoTrack(tracks);
  if (!track) throw new AuroraError("NoVideoTrack", "This file has no video track, only sound or text.");
  if (/^enc|^drm/.test(track.sampleEntry)) {
    throw new AuroraError(
      "VideoUnreadable",
      "This video is protected (DRM), so it cannot be read. Use a copy without it.",
    );
  }
  return track;
}

/** The descriptions of how a track's samples are encoded. */
function sampleEntries(view: DataView, trak: TopLevelBox): TopLevelBox[] {
  const stsd = findBox(view, trak, "mdia", "minf", "stbl", "stsd");
  return stsd ? childBoxes(view, stsd.start + stsd.headerBytes + 8, stsd.end) : [];
}

function finish<Format>(
  movie: Movie,
  reading: IsoReading<Format>,
  fileSize: number,
  endsEarly: boolean,
  fragmented: boolean,
): Omit<PacketIndex<Format>, "container"> {
  try {
    const { columns } = movie;
    assert(columns.length > 0 || fragmented, "a table without samples");
    const index = buildIndex(movie, reading, fileSize);
    // A table in front knows all packets; of fragments, those that are not there are not known either.
    return { ...index, truncated: index.available < columns.length || endsEarly };
  } catch (error) {
    throw new IsoParseError("the movie's header does not add up", { cause: error });
  }
}

function buildIndex<Format>(
  { view, moov, track, columns }: Movie,
  { toFormat }: IsoReading<Format>,
  fileSize: number,
): Omit<PacketIndex<Format>, "container" | "truncated"> {
  const trak = track.box;
  const { timescale } = readClock(view, trak);
  assert(timescale > 0, "timescale is zero");
  const mvhd = findBox(view, moov, "mvhd");
  assert(mvhd, "no movie header");
  const movie = readMovieHeader(view, moov, mvhd);
  const edits = readEdits(view, trak, timescale, movie.timescale);
  const entries = sampleEntries(view, trak);
  assert(entries.length > 0, "no sample description");
  const packets = columns.toIndex(timescale, edits.shift);
  const missing = packets.offset.findIndex((offset, i) => !(offset + (packets.size[i] as number) <= fileSize));
  const claimed = (movie.duration / movie.timescale) * 1e6;
  return {
    ...readTurn(view, trak),
    formats: entries.map((entry) => toFormat(view, entry)),
    ...packets,
    available: missing === -1 ? columns.length : missing,
    presentationEnd: edits.end,
    segments: edits.segments,
    claimedDuration: claimed > 0 && Number.isFinite(claimed) ? claimed : null,
  };
}

/** The movie's clock, and its duration in units of it: that of all fragments where it is told, 0 where nothing is. */
function readMovieHeader(view: DataView, moov: TopLevelBox, mvhd: TopLevelBox) {
  const { at, version } = fullBox(view, mvhd);
  const wide = version === 1;
  const timescale = view.getUint32(at + (wide ? 16 : 8));
  const told = wide ? uint64(view, at + 20) : view.getUint32(at + 12);
  const mehd = findBox(view, moov, "mvex", "mehd");
  const fragments = mehd && fullBox(view, mehd);
  const all = fragments ? (fragments.version === 1 ? uint64(view, fragments.at) : view.getUint32(fragments.at)) : 0;
  return { timescale, duration: all || (told < (wide ? 2 ** 53 : 2 ** 32 - 1) ? told : 0) };
}
