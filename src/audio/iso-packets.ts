import type { TopLevelBox } from "../video/iso-boxes.ts";
import { childBoxes, findBox } from "../video/iso-boxes.ts";
import { type IsoReading, readIsoTrack } from "../video/iso-index.ts";
import type { IsoTrack } from "../video/iso-tracks.ts";
import type { PacketIndex } from "../video/packet-index.ts";
import { sliceSource } from "../video/slice-source.ts";
import { evenSampleBytes, languageOf, toSoundFormat } from "./iso-sound.ts";
import type { SoundFormat } from "./sound-format.ts";
import { chooseSoundTrack, type PacketStream, type SoundPart, type SoundTrack } from "./sound-packets.ts";

/** Packets that are read with one look into the file. */
const packetsAtOnce = 64;

/** Thrown where a file has no sound track. */
export class NoSound extends Error {}

/**
 * The sound of an MP4 or MOV file by its own tables.
 * @throws NoSound; Error where the tables are damaged
 */
export async function isoPackets(file: Blob, wanted: number | null, signal: AbortSignal): Promise<PacketStream> {
  let tracks: readonly SoundTrack[] = [];
  let chosen = 0;
  const reading: IsoReading<SoundFormat> = {
    choose(all, view) {
      const sounds = all.filter((track) => track.handler === "soun");
      tracks = sounds.map((track, index) => describe(track, index, sounds, view));
      const track = chooseSoundTrack(tracks, wanted);
      if (!track) throw new NoSound("no sound track");
      chosen = track.index;
      return sounds[chosen] as IsoTrack;
    },
    toFormat: toSoundFormat,
    evenSize: evenSampleBytes,
  };
  const index = await readIsoTrack(file, reading, signal);
  const reader = sliceSource(file, index).createReader();
  return {
    tracks,
    chosen,
    formats: index.formats,
    parts: partsOf(index),
    endSeconds: endOf(index),
    async *packets(seconds, stop) {
      for (let first = packetAt(index, seconds); first < index.available; first += packetsAtOnce) {
        stop.throwIfAborted();
        const last = Math.min(index.available, first + packetsAtOnce) - 1;
        const bytes = await reader.read(first, last);
        for (const [i, data] of bytes.entries()) {
          const packet = first + i;
          yield { seconds: (index.pts[packet] as number) / 1e6, data, format: index.format[packet] as number };
        }
      }
    },
    close() {},
  };
}

function describe(track: IsoTrack, index: number, all: readonly IsoTrack[], view: DataView): SoundTrack {
  const first = all.findIndex((other) => other.enabled);
  return {
    index,
    language: languageOf(view, track.box),
    name: nameOf(view, track.box),
    isDefault: index === Math.max(0, first),
  };
}

/** What the track's handler calls it, where that is more than what all recorders write. */
function nameOf(view: DataView, trak: TopLevelBox): string | null {
  const box = findBox(view, trak, "udta");
  const name = box && childBoxes(view, box.start + box.headerBytes, box.end).find(({ type }) => type === "name");
  if (!name) return null;
  const start = name.start + name.headerBytes;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, name.end - start);
  return new TextDecoder().decode(bytes).replaceAll("\0", "").trim() || null;
}

/** The parts that the edit list names; without one all of it. What lies before second 0 of a list's timeline is the encoder's lead. */
function partsOf({ segments, presentationEnd }: PacketIndex<SoundFormat>): SoundPart[] {
  if (segments) return segments.map(({ from, to, at }) => ({ from: from / 1e6, to: to / 1e6, at: at / 1e6 }));
  return [{ from: 0, to: presentationEnd === null ? Number.POSITIVE_INFINITY : presentationEnd / 1e6, at: 0 }];
}

function endOf({ pts, duration, available, presentationEnd }: PacketIndex<SoundFormat>): number | null {
  if (presentationEnd !== null) return presentationEnd / 1e6;
  const last = available - 1;
  return last < 0 ? null : ((pts[last] as number) + (duration[last] as number)) / 1e6;
}

/** The last packet that begins at or before `seconds`; the first where there is none. */
function packetAt({ pts, available }: PacketIndex<SoundFormat>, seconds: number): number {
  let [low, high] = [0, available];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pts[middle] as number) <= seconds * 1e6) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
