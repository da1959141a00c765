import { expect, test } from "vitest";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import type { PacketIndex, PacketReader, PacketSource } from "../../../src/video/packet-index.ts";
import { readTrackIndex } from "../../../src/video/track-index.ts";
import { openTrackVideo } from "../../../src/video/track-video.ts";
import { frameNumber, media } from "./media.ts";

/** Two tracks one after the other as one track that changes its format on the way. */
function join(first: PacketSource, second: PacketSource): PacketSource {
  const [a, b] = [first.index, second.index];
  const count = a.pts.length;
  const column = (key: "pts" | "duration" | "size", shift: number) =>
    Float64Array.from([...a[key], ...[...b[key]].map((value) => value + shift)]);
  const index: PacketIndex = {
    ...a,
    formats: [...a.formats, ...b.formats],
    pts: column("pts", 3e6),
    duration: column("duration", 0),
    size: column("size", 0),
    key: Uint8Array.from([...a.key, ...b.key]),
    format: Uint8Array.from([...a.format, ...[...b.format].map((format) => format + a.formats.length)]),
    available: count + b.pts.length,
  };
  const createReader = (): PacketReader => {
    const [one, two] = [first.createReader(), second.createReader()];
    return {
      async read(from, to) {
        const before = from < count ? await one.read(from, Math.min(to, count - 1)) : [];
        const after = to >= count ? await two.read(Math.max(0, from - count), to - count) : [];
        return [...before, ...after];
      },
    };
  };
  return { index, createReader, close() {} };
}

test.each([
  ["h264-index-last.mp4", "h264-444-odd.mp4"],
  ["h264-444-odd.mp4", "vp9-10-bit.webm"],
  ["vp8.webm", "h264-index-last.mp4"],
])("a track that changes from %s to %s is decoded throughout", async (one, two) => {
  const sources = [await readTrackIndex(await media(one)), await readTrackIndex(await media(two))] as const;
  try {
    const video = await openTrackVideo(join(...sources));
    for (const fps of [1, 5]) {
      const numbers: number[] = [];
      const widths = new Set<number>();
      for await (const { frame } of video.frames({ fps }, { onLoss: (loss) => expect(loss).toBeNull() })) {
        widths.add(frame.visibleRect?.width ?? 0);
        numbers.push(await frameNumber(frame));
        frame.close();
      }
      const once = Array.from({ length: 3 * fps }, (_, i) => (i * 10) / fps);
      expect(numbers).toEqual([...once, ...once]);
      expect(widths).toEqual(new Set(sources.map((source) => source.index.formats[0]?.codedWidth)));
    }
    expect(openVideoFrameCount()).toBe(0);
  } finally {
    for (const source of sources) source.close();
  }
});
