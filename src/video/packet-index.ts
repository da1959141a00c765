import { assert } from "../errors.ts";

/** The part of a coded picture that is shown, in samples. */
export type Crop = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** One way in which a track's packets are encoded; a track can change it on the way. */
export type PacketFormat = {
  /** Codec string of WebCodecs, e.g. `avc1.64001f`; empty where the container's codec has none. */
  readonly codec: string;
  /** Codec string that decoders are given instead, where they refuse the right one; absent where it is the same. */
  readonly decodeAs?: string;
  /** The container's own name of the codec, for the person, e.g. `mp4v` or `V_MPEG2`. */
  readonly sampleEntry: string;
  /** Decoder configuration record (avcC, hvcC without box header), or null where the packets carry it. */
  readonly description: Uint8Array | null;
  /** AV1's sequence header as the container has it, for key packets that come without; absent or null where it has none. */
  readonly sequenceHeader?: Uint8Array | null;
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** Width of one pixel over its height. */
  readonly pixelAspect: number;
  /** As the container tells it; null while unknown. */
  readonly colorSpace: VideoColorSpaceInit | null;
  /** The matrix of its colours where WebCodecs has no name for it, so that frames cannot say; absent or null where it has. */
  readonly matrix?: "smpte240m" | null;
  /** The part of the coded picture that is shown, where it does not begin at its corner; absent or null where it does. */
  readonly crop?: Crop | null;
};

/** Degrees clockwise by which frames are to be turned before they are shown. */
export type Rotation = 0 | 90 | 180 | 270;

/** A part of the packets' timeline from `from` to `to` that is shown from `at` on, in microseconds. */
export type Segment = { readonly from: number; readonly to: number; readonly at: number };

/**
 * All packets of one track, in decode order, N of them, and what is known of the track.
 * Times are microseconds on the file's own timeline, after its edit list.
 */
export type PacketIndex<Format = PacketFormat> = {
  readonly container: string;
  readonly rotation: Rotation;
  /** Whether left and right are swapped once the picture is turned; not, unless given. */
  readonly mirrored?: boolean;
  readonly formats: readonly Format[];
  /** Presentation time of each packet. [N] */
  readonly pts: Float64Array;
  /** How long each packet is shown. [N] */
  readonly duration: Float64Array;
  /** 1 where decoding can start. [N] */
  readonly key: Uint8Array;
  readonly size: Float64Array;
  /** Index into `formats`. [N] */
  readonly format: Uint8Array;
  /** Position in the file, or null where the container's reader finds the packets by itself. [N] */
  readonly offset: Float64Array | null;
  /** Packets whose bytes are in the file; the rest was cut off. At most N. */
  readonly available: number;
  /** End of what is shown, by the edit list; null where it does not say. */
  readonly presentationEnd: number | null;
  /** Whether what comes before time 0 is shown too; not, unless given. */
  readonly fromStart?: boolean;
  /** The parts that are shown one after another, where an edit list names several; absent or null where it is all one. */
  readonly segments?: readonly Segment[] | null;
  /** By how much the packets' clock was moved each time it began again; absent where it never did. */
  readonly restarts?: readonly number[];
  /** Duration that the file's header tells; null where it tells none. */
  readonly claimedDuration: number | null;
  /** Whether another recording follows in the file, which is not watched; not, unless given. */
  readonly followed?: boolean;
  /** The file ends before its own structure does, and pictures may be missing for it. */
  readonly truncated: boolean;
};

/** Reads the bytes of packets; one reader for each that reads. */
export type PacketReader = {
  /** Bytes of packets `first` to `last` in decode order, both included. */
  read(first: number, last: number): Promise<Uint8Array[]>;
};

/** A packet index and the way to the packets' bytes. */
export type PacketSource<Format = PacketFormat> = {
  readonly index: PacketIndex<Format>;
  createReader(): PacketReader;
  close(): void;
};

/** Told how much of a file has been looked through for its packets, 0 to 1. */
export type OpeningListener = (part: number) => void;

/** One packet as a back-end finds it; times in microseconds. `duration` is null where the container tells none. */
export type FoundPacket = {
  readonly pts: number;
  readonly duration: number | null;
  readonly key: boolean;
  readonly size: number;
  readonly format: number;
  readonly offset: number;
};

/** The typed arrays of an index from the packets found. Missing durations are taken from the next shown packet. */
export function packPackets(
  packets: readonly FoundPacket[],
): Pick<PacketIndex, "pts" | "duration" | "key" | "size" | "format"> & { readonly offset: Float64Array } {
  const column = (value: (packet: FoundPacket) => number) => Float64Array.from(packets, value);
  const pts = column((packet) => packet.pts);
  assert(
    pts.every((time) => Number.isFinite(time)),
    "packets without times",
  );
  return {
    pts,
    duration: fillDurations(packets),
    key: Uint8Array.from(packets, (packet) => (packet.key ? 1 : 0)),
    size: column((packet) => packet.size),
    format: Uint8Array.from(packets, (packet) => packet.format),
    offset: column((packet) => packet.offset),
  };
}

function fillDurations(packets: readonly FoundPacket[]): Float64Array {
  const duration = Float64Array.from(packets, (packet) => packet.duration ?? Number.NaN);
  const order = packets.map((_, i) => i).sort((a, b) => (packets[a]?.pts ?? 0) - (packets[b]?.pts ?? 0));
  let last = 0;
  for (let i = 0; i < order.length; i++) {
    const at = order[i] as number;
    const next = packets[order[i + 1] ?? -1];
    if (Number.isNaN(duration[at])) duration[at] = next ? next.pts - (packets[at]?.pts ?? 0) : last;
    last = duration[at] as number;
  }
  return duration;
}

/** Size of the shown picture in square pixels, turned upright. */
export function displayedSize(format: PacketFormat, rotation: Rotation): { width: number; height: number } {
  const wide = format.pixelAspect >= 1;
  const width = Math.round(wide ? format.codedWidth * format.pixelAspect : format.codedWidth);
  const height = Math.round(wide ? format.codedHeight : format.codedHeight / format.pixelAspect);
  return rotation % 180 === 0 ? { width, height } : { width: height, height: width };
}
