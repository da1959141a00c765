import type { EncodedPacket, EncodedPacketSink, Input, InputVideoTrack } from "mediabunny";
import { AuroraError, assert } from "../errors.ts";
import { cropOf } from "./as-stated.ts";
import { matroskaSequenceHeader } from "./av1.ts";
import { codecUnsupported } from "./codec-support.ts";
import { unnamedMatrix, withRgbMark } from "./coded-colours.ts";
import { isH264 } from "./h264.ts";
import { sequenceParameters } from "./h264-sets.ts";
import { isFollowed } from "./matroska-cut.ts";
import {
  type FoundPacket,
  type OpeningListener,
  type PacketFormat,
  type PacketReader,
  type PacketSource,
  packPackets,
} from "./packet-index.ts";
import { streamIds, withoutRestarts } from "./transport-stream.ts";

/** A track that lasts less than this part of the longest one is a preview or a cover. */
const leastShare = 0.25;

/** Bytes at a file's beginning in which its tracks are described. */
const headBytes = 1 << 16;

/** Video that ends this long before its file says was cut off or damaged; sound is allowed to outlast it by less. */
const maxShortfallSeconds = 1;

/**
 * Reads the packet index of a WebM, MKV or MPEG-TS file (or of an MP4 whose own tables could not be read) with mediabunny. The whole file is read once, as these
 * containers have no table of packets.
 * @throws AuroraError where there is no video track or nothing in it
 */
export async function readTrackIndex(
  file: Blob,
  signal?: AbortSignal,
  onProgress?: OpeningListener,
): Promise<PacketSource> {
  const { ALL_FORMATS, BlobSource, EncodedPacketSink: Sink, Input: MediaInput } = await import("mediabunny");
  const source = new BlobSource(file, { handleUnhandledError() {} });
  let readUntil = 0;
  source.onread = (_, end) => {
    readUntil = Math.max(readUntil, end);
    onProgress?.(Math.min(1, readUntil / file.size));
  };
  const input = new MediaInput({ source, formats: ALL_FORMATS });
  try {
    const format = await input.getFormat();
    const track = await chooseTrack(input, file);
    const sink = new Sink(track);
    const found: FoundPacket[] = [];
    const order: number[] = [];
    const iterator = sink.packets(undefined, undefined, { metadataOnly: true });
    try {
      for await (const packet of iterator) {
        signal?.throwIfAborted();
        found.push(toPacket(packet));
        order.push(packet.sequenceNumber);
      }
    } catch (error) {
      // What was read before the damage can be shown.
      signal?.throwIfAborted();
      if (found.length === 0) throw error;
    }
    if (found.length > 1 && found.every((packet) => packet.key)) await unmarkKeys(track, sink, found);
    const times = Float64Array.from(found, (packet) => packet.pts);
    const restarts: number[] = [];
    const { offset: _, ...columns } = packPackets(withoutRestarts(found, (shift) => restarts.push(shift)));
    const claimed = await track.getDurationFromMetadata();
    const endSeconds = columns.pts.reduce((end, pts, i) => Math.max(end, pts + (columns.duration[i] ?? 0)), 0) / 1e6;
    const index = {
      container: format.name,
      rotation: await track.getRotation(),
      formats: [await withStreamsWord(await toFormat(track, file), sink)],
      ...columns,
      offset: null,
      available: found.length,
      presentationEnd: null,
      // A transport stream's clock of 33 bits may have run out meanwhile: mediabunny counts backwards then.
      fromStart: format.name === "MPEG Transport Stream",
      restarts,
      followed: await isFollowed(file, signal),
      claimedDuration: claimed === null ? null : claimed * 1e6,
      truncated: (await isCutOff(file)) || (claimed !== null && (await endsShort(input, track, endSeconds, claimed))),
    };
    const createReader = () => new TrackReader(sink, times, index.key, order);
    return { index, createReader, close: () => input.dispose() };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

/** Whether the video ends before the file says it does, and no other track goes on until then. */
async function endsShort(
  input: Input,
  track: InputVideoTrack,
  endSeconds: number,
  claimedSeconds: number,
): Promise<boolean> {
  if (claimedSeconds - endSeconds <= maxShortfallSeconds) return false;
  const others = (await input.getTracks()).filter((other) => other.id !== track.id);
  const ends = await Promise.all(others.map((other) => other.computeDuration().catch(() => 0)));
  return claimedSeconds - Math.max(0, ...ends) > maxShortfallSeconds;
}

/** Takes the mark of key packets off those of VP8 and VP9 that are none: block groups do not say, and then all seem to be. */
async function unmarkKeys(track: InputVideoTrack, sink: EncodedPacketSink, found: FoundPacket[]): Promise<void> {
  const codec = await track.getCodec();
  if (codec !== "vp8" && codec !== "vp9") return;
  let i = 0;
  for await (const { data } of sink.packets()) {
    const packet = found[i];
    if (!packet) return;
    found[i++] = { ...packet, key: isVpxKey(codec, data[0] ?? 0) };
  }
}

/** Whether a frame that begins with this byte refers to no other (RFC 6386, 9.1; VP9 bitstream, 6.2). */
function isVpxKey(codec: "vp8" | "vp9", first: number): boolean {
  if (codec === "vp8") return (first & 1) === 0;
  const profile3 = (first & 0x30) === 0x30;
  const [existing, interFrame] = profile3 ? [0x04, 0x02] : [0x08, 0x04];
  return (first & existing) === 0 && (first & interFrame) === 0;
}

async function chooseTrack(input: Input, file: Blob): Promise<InputVideoTrack> {
  const tracks = await input.getVideoTracks();
  const ranked = await Promise.all(
    tracks.map(async (track) => ({
      track,
      known: (await track.getCodec()) !== null,
      first: (await track.getDisposition()).default,
      seconds: tracks.length === 1 ? 0 : await track.computeDuration().catch(() => 0),
      area: (await track.getCodedWidth()) * (await track.getCodedHeight()),
    })),
  );
  const longest = Math.max(...ranked.map((entry) => entry.seconds));
  const isWhole = (entry: { readonly seconds: number }) => Number(entry.seconds >= longest * leastShare);
  ranked.sort(
    (a, b) =>
      Number(b.known) - Number(a.known) ||
      isWhole(b) - isWhole(a) ||
      Number(b.first) - Number(a.first) ||
      b.area - a.area,
  );
  const best = ranked[0];
  if (best) return best.track;
  const hidden = await unreadVideo(file);
  if (hidden) throw codecUnsupported(hidden);
  throw new AuroraError("NoVideoTrack", "This file has no video track, only sound or text.");
}

/** Video in a transport stream that mediabunny passes over because it does not know its codec, or null. */
async function unreadVideo(file: Blob): Promise<PacketFormat | null> {
  const ids = await streamIds(file);
  if (![...ids].some((id) => id >= 0xe0 && id <= 0xef)) return null;
  const bytes = new Uint8Array(await file.slice(0, 1 << 20).arrayBuffer());
  const isSequence = (at: number) => bytes[at - 1] === 1 && bytes[at - 2] === 0 && bytes[at - 3] === 0;
  const sampleEntry = bytes.some((byte, at) => byte === 0xb3 && isSequence(at)) ? "V_MPEG2" : "";
  return { codec: "", sampleEntry, description: null, codedWidth: 0, codedHeight: 0, pixelAspect: 1, colorSpace: null };
}

function toPacket(packet: EncodedPacket): FoundPacket {
  const pts = packet.timestamp * 1e6;
  return {
    pts,
    duration: packet.duration > 0 ? packet.duration * 1e6 : null,
    key: packet.type === "key",
    size: packet.byteLength,
    format: 0,
    offset: Number.NaN,
  };
}

async function toFormat(track: InputVideoTrack, file: Blob): Promise<PacketFormat> {
  const config = await track.getDecoderConfig();
  const isAv1 = config?.codec.startsWith("av01") ?? false;
  const head = isAv1 ? new Uint8Array(await file.slice(0, headBytes).arrayBuffer()) : null;
  const aspect = await track.getPixelAspectRatio();
  const description = config?.description;
  return {
    codec: config?.codec ?? "",
    sampleEntry: String(await track.getInternalCodecId()),
    description: description === undefined ? null : toBytes(description),
    sequenceHeader: head && matroskaSequenceHeader(head),
    codedWidth: await track.getCodedWidth(),
    codedHeight: await track.getCodedHeight(),
    pixelAspect: aspect.num / aspect.den,
    colorSpace: config?.colorSpace ? withRgbMark(config.colorSpace) : null,
    matrix: unnamedMatrix(vp9Matrix(config?.codec)),
  };
}

/** The code of the matrix in VP9's codec string. */
function vp9Matrix(codec = ""): number | undefined {
  return codec.startsWith("vp09") ? Number(codec.split(".")[6]) : undefined;
}

/**
 * What H.264 itself tells and mediabunny does not: where the shown picture lies, a matrix without a name, and where no record is there the size
 * (of interlaced pictures mediabunny takes a field's height for the frame's).
 */
async function withStreamsWord(format: PacketFormat, sink: EncodedPacketSink): Promise<PacketFormat> {
  const first = isH264(format) ? await sink.getFirstPacket().catch(() => null) : null;
  const told = first && sequenceParameters(first.data, format);
  if (!told) return format;
  const size = format.description ? {} : { codedWidth: told.width, codedHeight: told.height };
  return { ...format, ...size, matrix: unnamedMatrix(told.colours?.matrix), crop: cropOf(told) };
}

function toBytes(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source.slice(0));
}

/** A Matroska segment that tells a size beyond the file's end. */
async function isCutOff(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 256).arrayBuffer());
  const segment = [0x18, 0x53, 0x80, 0x67];
  const at = head.findIndex((_, i) => segment.every((byte, j) => head[i + j] === byte));
  const first = head[at + 4];
  if (at < 0 || !first || head[0] !== 0x1a) return false;
  const length = Math.clz32(first) - 23;
  let size = first & (0xff >> length);
  let unknown = size === 0xff >> length;
  for (let i = 1; i < length; i++) {
    const byte = head[at + 4 + i] ?? 0;
    size = size * 256 + byte;
    unknown &&= byte === 0xff;
  }
  return !unknown && at + 4 + length + size > file.size;
}

/** Reads packets by their number. Going on from the last one is cheap; otherwise it seeks to a key packet and steps from there. */
class TrackReader implements PacketReader {
  readonly #sink: EncodedPacketSink;
  readonly #pts: Float64Array;
  readonly #key: Uint8Array;
  readonly #order: readonly number[];
  #current: { readonly packet: EncodedPacket; readonly index: number } | null = null;

  constructor(sink: EncodedPacketSink, pts: Float64Array, key: Uint8Array, order: readonly number[]) {
    this.#sink = sink;
    this.#pts = pts;
    this.#key = key;
    this.#order = order;
  }

  async read(first: number, last: number): Promise<Uint8Array[]> {
    const packets: Uint8Array[] = [];
    for (let index = first; index <= last; index++) packets.push((await this.#at(index)).data);
    return packets;
  }

  async #at(index: number): Promise<EncodedPacket> {
    if (this.#current?.index === index) return this.#current.packet;
    if (!this.#current || this.#current.index > index || this.#hasKeyBetween(this.#current.index, index)) {
      this.#current = (await this.#seek(index)) ?? this.#current;
    }
    if (!this.#current || this.#current.index > index) this.#current = await this.#start();
    while (this.#current.index < index) {
      const packet: EncodedPacket | null = await this.#sink.getNextPacket(this.#current.packet);
      assert(packet, `packet ${this.#current.index + 1} was there before`);
      this.#current = { packet, index: this.#current.index + 1 };
    }
    return this.#current.packet;
  }

  #hasKeyBetween(from: number, to: number): boolean {
    for (let i = from + 2; i <= to; i++) if (this.#key[i] === 1) return true;
    return false;
  }

  /** The key packet to start from, or null where the container's own seeking does not find the one that the index has. */
  async #seek(index: number): Promise<{ packet: EncodedPacket; index: number } | null> {
    let key = index;
    while (key > 0 && this.#key[key] !== 1) key--;
    const packet = await this.#sink.getKeyPacket((this.#pts[key] as number) / 1e6).catch(() => null);
    return packet && packet.sequenceNumber === this.#order[key] ? { packet, index: key } : null;
  }

  async #start(): Promise<{ packet: EncodedPacket; index: number }> {
    const packet = await this.#sink.getFirstPacket();
    assert(packet, "the first packet was there before");
    return { packet, index: 0 };
  }
}
