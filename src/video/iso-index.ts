import { createFile, type ISOFile, MP4BoxBuffer, type Sample, type VisualSampleEntry } from "mp4box";
import { AuroraError, assert } from "../errors.ts";
import { fourCc, type TopLevelBox, walkBoxes } from "./iso-boxes.ts";
import { toPacketFormat } from "./iso-format.ts";
import { chooseVideoTrack, type IsoTrack, keepOnlyFragment, keepOnlyTrack, listTracks } from "./iso-tracks.ts";
import { type FoundPacket, type PacketIndex, packPackets, type Rotation } from "./packet-index.ts";

const maxMoovBytes = 512 * 2 ** 20;
const maxSamples = 20_000_000;

type Trak = ISOFile["moov"]["traks"][number];

/** A file that another reader may still make sense of: the index is there but does not parse. */
export class IsoParseError extends Error {}

/**
 * Reads the packet index of an MP4, MOV or fragmented MP4 file with mp4box, touching only box headers, `moov` and `moof`.
 * @throws AuroraError where the file has no video or is beyond reading; `IsoParseError` where its tables are malformed
 */
export async function readIsoIndex(file: Blob, signal?: AbortSignal): Promise<PacketIndex> {
  const boxes = await walkBoxes(file, signal);
  const moov = boxes.find((box) => box.type === "moov");
  if (!moov || moov.end > file.size) throw missingMoov(boxes, moov !== undefined);
  if (moov.end - moov.start > maxMoovBytes) throw new IsoParseError("moov is too large");
  const bytes = new DataView(await file.slice(moov.start, moov.end).arrayBuffer());
  const local = { ...moov, start: 0, end: moov.end - moov.start };
  const tracks = listTracks(bytes, local);
  const track = chooseVideoTrack(tracks);
  if (!track) {
    if (tracks.length === 0) throw new IsoParseError("moov has no track");
    throw new AuroraError("NoVideoTrack", "This file has no video track, only sound or text.");
  }
  if (/^enc|^drm/.test(track.sampleEntry)) {
    throw new AuroraError(
      "VideoUnreadable",
      "This video is protected (DRM), so it cannot be read. Use a copy without it.",
    );
  }
  if (track.samples > maxSamples) throw new IsoParseError(`sample table claims ${track.samples} samples`);
  keepOnlyTrack(bytes, local, track);
  const parsed = await parseWithMp4box(file, boxes, moov, bytes, track, signal);
  try {
    return {
      container: await containerName(file),
      ...buildIndex(
        parsed,
        bytes,
        moov.start,
        file.size,
        boxes.some((box) => box.end > file.size),
      ),
    };
  } catch (error) {
    throw new IsoParseError("sample table does not add up", { cause: error });
  }
}

/** Files of before `ftyp` was invented are QuickTime's. */
async function containerName(file: Blob): Promise<string> {
  const head = new DataView(await file.slice(0, 12).arrayBuffer());
  return fourCc(head, 4) === "ftyp" && fourCc(head, 8) !== "qt  " ? "MP4" : "MOV";
}

function missingMoov(boxes: readonly TopLevelBox[], begun: boolean): AuroraError {
  if (begun || boxes.some((box) => box.type === "mdat")) {
    if (boxes.some((box) => box.type === "moof")) {
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
  return new AuroraError("VideoUnreadable", "This file looks like MP4 or MOV but holds no video.");
}

/** What mp4box makes of the file, together with the file's own figures that it does not carry over. */
type ParsedTrak = { readonly trak: Trak; readonly file: ISOFile; readonly shifts: Float64Array };

async function parseWithMp4box(
  file: Blob,
  boxes: readonly TopLevelBox[],
  moov: TopLevelBox,
  moovBytes: DataView,
  track: IsoTrack,
  signal: AbortSignal | undefined,
): Promise<ParsedTrak> {
  const iso = createFile();
  let last = boxes.length - 1;
  while (last > 0 && boxes[last]?.type !== "moof" && boxes[last] !== moov) last--;
  let samples = track.samples;
  for (const box of boxes.slice(0, last + 1)) {
    signal?.throwIfAborted();
    let bytes: ArrayBufferLike;
    if (box === moov) bytes = moovBytes.buffer;
    else if (box.type === "moof") {
      if (box.end > file.size) break;
      bytes = await file.slice(box.start, box.end).arrayBuffer();
      samples += keepOnlyFragment(new DataView(bytes), { ...box, start: 0, end: box.end - box.start }, track.id);
      if (samples > maxSamples) throw new IsoParseError(`fragments claim ${samples} samples`);
    } else {
      // mp4box skips what it takes for media data: of every other box it gets the header alone, under that name.
      const header = new DataView(await file.slice(box.start, box.start + box.headerBytes).arrayBuffer());
      header.setUint32(4, 0x6d646174);
      bytes = header.buffer;
    }
    try {
      iso.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes, box.start));
    } catch (error) {
      if (box.type === "moof" && iso.moov) break; // A damaged fragment: what came before it can be shown.
      throw new IsoParseError("mp4box could not read the index", { cause: error });
    }
  }
  const trak = iso.moov?.traks?.find((candidate) => candidate.tkhd?.track_id === track.id);
  if (!trak?.samples) throw new IsoParseError("mp4box found no sample table");
  const found = trak.samples.length;
  if (found < track.samples || (found === 0 && iso.moofs.length === 0))
    throw new IsoParseError(`mp4box found ${found} of ${track.samples} samples`);
  return { trak, file: iso, shifts: fragmentShifts(iso, trak, track.id) };
}

/**
 * mp4box counts decode times on from fragment to fragment; this is what each sample must be shifted by so that every fragment starts
 * at the time it tells (`tfdt`), in units of the track's timescale. [N]
 */
function fragmentShifts(iso: ISOFile, trak: Trak, trackId: number): Float64Array {
  const shifts = new Float64Array(trak.samples.length);
  const fragments = iso.moofs.flatMap((moof) => moof.trafs.filter((traf) => traf.tfhd.track_id === trackId));
  const counts = fragments.map((traf) => (traf.truns ?? []).reduce((sum, trun) => sum + trun.sample_count, 0));
  let at = trak.samples.length - counts.reduce((sum, count) => sum + count, 0);
  if (at < 0) return shifts;
  fragments.forEach((traf, i) => {
    const count = counts[i] as number;
    const told = traf.tfdt?.baseMediaDecodeTime;
    const counted = trak.samples[at]?.dts;
    if (told !== undefined && counted !== undefined) shifts.fill(told - counted, at, at + count);
    else if (at > 0) shifts.fill(shifts[at - 1] as number, at, at + count);
    at += count;
  });
  return shifts;
}

function buildIndex(
  parsed: ParsedTrak,
  moov: DataView,
  moovStart: number,
  fileSize: number,
  endsEarly: boolean,
): Omit<PacketIndex, "container"> {
  const { trak, file, shifts } = parsed;
  const timescale = trak.mdia.mdhd.timescale;
  assert(timescale > 0, "timescale is zero");
  const edit = readEdits(trak, timescale, file.moov.mvhd.timescale);
  const entries = trak.mdia.minf.stbl.stsd.entries as VisualSampleEntry[];
  assert(entries.length > 0, "no sample description");
  // Samples without bytes tell that the frame before stays; decoders take them for the end.
  const packets = trak.samples
    .map((sample, i) => toPacket(sample, shifts[i] as number, timescale, edit.shift))
    .filter((packet) => packet.size > 0);
  let available = packets.findIndex((packet) => !(packet.offset + packet.size <= fileSize));
  if (available === -1) available = packets.length;
  const { mvhd, mvex } = file.moov;
  const claimed = (mvex?.mehd?.fragment_duration || mvhd.duration || 0) / mvhd.timescale;
  return {
    rotation: rotationOf(trak.tkhd.matrix),
    formats: entries.map((entry) => toPacketFormat(entry, moov, moovStart)),
    ...packPackets(packets),
    available,
    presentationEnd: edit.end,
    claimedDuration: claimed > 0 && Number.isFinite(claimed) ? claimed * 1e6 : null,
    // A table in front knows all packets; of fragments, those that are not there are not known either.
    truncated: available < packets.length || (endsEarly && file.moofs.length > 0),
  };
}

function toPacket(sample: Sample, shift: number, timescale: number, editShift: number): FoundPacket {
  return {
    pts: ((sample.cts + shift) / timescale) * 1e6 + editShift,
    duration: Number.isFinite(sample.duration) ? (sample.duration / timescale) * 1e6 : null,
    key: sample.is_sync,
    size: sample.size,
    format: sample.description_index,
    offset: sample.offset,
  };
}

/**
 * What the edit list does, in microseconds: what to add to each time, and where the presentation ends (null: at the last packet).
 * One edit that shows media is applied, with the empty ones before it; of several, only the first one's start.
 */
function readEdits(trak: Trak, timescale: number, movieTimescale: number): { shift: number; end: number | null } {
  const entries = trak.edts?.elst?.entries ?? [];
  const first = entries.findIndex((entry) => entry.media_time >= 0);
  if (first === -1) return { shift: 0, end: null };
  const empty = entries.slice(0, first).reduce((sum, entry) => sum + entry.segment_duration, 0);
  const start = (empty / movieTimescale) * 1e6;
  const edit = entries[first];
  const single = entries.every((entry, i) => i <= first || entry.media_time < 0);
  const length = edit && single ? (edit.segment_duration / movieTimescale) * 1e6 : 0;
  return { shift: start - ((edit?.media_time ?? 0) / timescale) * 1e6, end: length > 0 ? start + length : null };
}

/** Degrees clockwise from the rows (a, b, u), (c, d, v) of a track's matrix. */
function rotationOf(matrix: ArrayLike<number>): Rotation {
  const degrees = (Math.atan2(matrix[1] ?? 0, matrix[0] ?? 1) * 180) / Math.PI;
  return ((((Math.round(degrees / 90) * 90) % 360) + 360) % 360) as Rotation;
}
