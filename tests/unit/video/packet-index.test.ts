import { describe, expect, test } from "vitest";
import { IsoParseError, readIsoIndex } from "../../../src/video/iso-index.ts";
import { displayedSize, type PacketFormat, type PacketIndex } from "../../../src/video/packet-index.ts";
import { sliceSource } from "../../../src/video/slice-source.ts";
import { readTrackIndex } from "../../../src/video/track-index.ts";
import { find, media } from "./media.ts";

const isoFiles = [
  "h264-index-last.mp4",
  "h264-index-first.mp4",
  "h264-fragmented.mp4",
  "h264-open-gop.mp4",
  "h264-444-odd.mp4",
  "h264-rotated.mov",
  "edit-list-cut.mp4",
  "edit-list-empty.mp4",
  "variable-frame-rate.mp4",
  "wide-pixels.mp4",
  "one-frame.mp4",
  "av1.mp4",
];

const milliseconds = (times: Float64Array) => [...times].map((time) => Math.round(time / 10) / 100);
const sorted = (times: Float64Array) => milliseconds(times).sort((a, b) => a - b);

describe("our tables and mediabunny agree on", () => {
  test.each(isoFiles)("%s", async (name) => {
    const file = await media(name);
    const index = await readIsoIndex(file);
    const oracle = await readTrackIndex(file);
    try {
      expect(index.pts.length).toBeGreaterThan(0);
      expect(sorted(index.pts)).toEqual(sorted(oracle.index.pts));
      expect([...index.key]).toEqual([...oracle.index.key]);
      expect([...index.size]).toEqual([...oracle.index.size]);
      expect(index.rotation).toBe(oracle.index.rotation);
      const [format, other] = [index.formats[0] as PacketFormat, oracle.index.formats[0] as PacketFormat];
      expect([format.codedWidth, format.codedHeight]).toEqual([other.codedWidth, other.codedHeight]);
      expect(format.pixelAspect).toBeCloseTo(other.pixelAspect, 6);
      expect(format.codec.slice(0, 12).toLowerCase()).toBe(other.codec.slice(0, 12).toLowerCase());
      if (format.codec.startsWith("avc")) expect(format.description).toEqual(other.description);
      const last = index.pts.length - 1;
      const bytes = await sliceSource(file, index).createReader().read(0, last);
      const expected = await oracle.createReader().read(0, last);
      for (let i = 0; i <= last; i++) expect(bytes[i]).toEqual(expected[i]);
    } finally {
      oracle.close();
    }
  });
});

describe("the index of", () => {
  test("a file with B-frames has presentation times out of order and true durations", async () => {
    const index = await readIsoIndex(await media("h264-index-last.mp4"));
    expect(index.pts.some((time, i) => i > 0 && time < (index.pts[i - 1] as number))).toBe(true);
    expect(sorted(index.pts)).toEqual(Array.from({ length: 30 }, (_, i) => i * 100));
    expect(milliseconds(index.duration)).toEqual(Array(30).fill(100));
    expect([...index.key].flatMap((key, i) => (key ? [i] : []))).toEqual([0, 10, 20]);
    expect(index).toMatchObject({ container: "MP4", available: 30, truncated: false, rotation: 0 });
  });

  test("an edit list's cut starts before 0, and an empty edit delays", async () => {
    const cut = await readIsoIndex(await media("edit-list-cut.mp4"));
    expect(sorted(cut.pts)[0]).toBeLessThan(0);
    expect(cut.presentationEnd).not.toBeNull();
    expect(sorted((await readIsoIndex(await media("edit-list-empty.mp4"))).pts)[0]).toBe(500);
  });

  test("turned and stretched pictures tells how they are shown", async () => {
    const turned = await readIsoIndex(await media("h264-rotated.mov"));
    expect(turned).toMatchObject({ container: "MOV", rotation: 270 });
    expect(displayedSize(turned.formats[0] as PacketFormat, turned.rotation)).toEqual({ width: 64, height: 96 });
    const wide = await readIsoIndex(await media("wide-pixels.mp4"));
    expect(displayedSize(wide.formats[0] as PacketFormat, 0)).toEqual({ width: 192, height: 64 });
  });

  test("two video tracks is that of the enabled one, else of the larger one", async () => {
    const file = await media("two-video-tracks.mp4");
    expect((await readIsoIndex(file)).formats[0]).toMatchObject({ codedWidth: 96 });
    const bytes = new Uint8Array(await file.arrayBuffer());
    const second = await find(file, "tkhd", (await find(file, "tkhd")) + 4);
    bytes[second + 7] = (bytes[second + 7] as number) | 1;
    expect((await readIsoIndex(new Blob([bytes]))).formats[0]).toMatchObject({ codedWidth: 192 });
  });

  test("fragments follows the times that they tell", async () => {
    const file = await media("h264-fragmented.mp4");
    const bytes = new Uint8Array(await file.arrayBuffer());
    // The last fragment's video starts a second later than the samples before it end.
    const moof = Buffer.from(bytes).lastIndexOf("moof", undefined, "latin1");
    const tfdt = await find(file, "tfdt", moof);
    const view = new DataView(bytes.buffer);
    const before = await readIsoIndex(file);
    const timescale = new DataView(bytes.buffer).getUint32((await find(file, "mdhd")) + 16);
    view.setUint32(tfdt + 12, view.getUint32(tfdt + 12) + timescale);
    const after = await readIsoIndex(new Blob([bytes]));
    const shift = milliseconds(after.pts).map((time, i) => Math.round(time - (milliseconds(before.pts)[i] as number)));
    expect(shift.slice(0, 20)).toEqual(Array(20).fill(0));
    expect(shift.slice(20)).toEqual(Array(10).fill(1000));
  });

  test("64-bit and open-ended media data is the same", async () => {
    const plain = await media("h264-index-first.mp4");
    const mdat = (await find(plain, "mdat")) - 4;
    const expected = await readIsoIndex(plain);
    const open = new Uint8Array(await plain.arrayBuffer());
    new DataView(open.buffer).setUint32(mdat, 0);
    expect([...(await readIsoIndex(new Blob([open]))).pts]).toEqual([...expected.pts]);

    // A wide header takes the place of the `free` box of 8 bytes in front of it.
    const last = await media("h264-index-last.mp4");
    const wide = new Uint8Array(await last.arrayBuffer());
    const at = (await find(last, "mdat")) - 12;
    const view = new DataView(wide.buffer);
    expect(new TextDecoder().decode(wide.subarray(at + 4, at + 8))).toBe("free");
    const size = view.getUint32(at + 8) + 8;
    view.setUint32(at, 1);
    wide.set(new TextEncoder().encode("mdat"), at + 4);
    view.setUint32(at + 8, 0);
    view.setUint32(at + 12, size);
    const index = await readIsoIndex(new Blob([wide]));
    expect([...(index.offset ?? [])]).toEqual([...((await readIsoIndex(last)).offset ?? [])]);
  });

  test("a changing format points each packet to its own", async () => {
    // A second, equal sample entry, and a sample-to-chunk table that uses it: the tables' bytes are rewritten by hand.
    const index = await readIsoIndex(await withSecondEntry(await media("h264-index-last.mp4")));
    expect(index.formats).toHaveLength(2);
    expect(index.formats[1]).toEqual(index.formats[0]);
    expect(new Set(index.format)).toEqual(new Set([1]));
  });
});

describe("a file cut off", () => {
  test("after its index keeps what is there", async () => {
    const file = await media("h264-index-first.mp4");
    const whole = await readIsoIndex(file);
    const cut = await readIsoIndex(file.slice(0, Math.floor(file.size * 0.7)));
    expect(cut.pts).toEqual(whole.pts);
    expect(cut.truncated).toBe(true);
    expect(cut.available).toBeGreaterThan(10);
    expect(cut.available).toBeLessThan(30);
  });

  test("in a fragment keeps the fragments before", async () => {
    const file = await media("h264-fragmented.mp4");
    const lastMoof = Buffer.from(await file.arrayBuffer()).lastIndexOf("moof", undefined, "latin1");
    const cut = await readIsoIndex(file.slice(0, lastMoof + 40));
    expect(cut).toMatchObject({ truncated: true, available: 20 });
    expect(cut.pts).toHaveLength(20);
  });

  test("before its index says so", async () => {
    const file = await media("h264-index-last.mp4");
    const moov = await find(file, "moov");
    for (const end of [moov - 100, moov - 4, moov + 20, file.size - 10]) {
      await expect(readIsoIndex(file.slice(0, end))).rejects.toThrow("The recording was cut off: its index is missing");
    }
  });
});

describe("an index beyond reading", () => {
  test.each([
    ["stsz", 12, [0xff, 0xff, 0xff, 0xff]],
    ["stsd", -4, [0, 0, 0, 0]],
    ["mdhd", 16, [0, 0, 0, 0]],
    ["stts", 8, [0, 0, 0, 0]],
    ["avcC", -4, [0xff, 0, 0, 0]],
  ] as const)("with a broken %s box is an IsoParseError, soon", async (box, offset, patch) => {
    const file = await media("h264-index-last.mp4");
    const bytes = new Uint8Array(await file.arrayBuffer());
    bytes.set(patch, (await find(file, box)) + offset);
    await expect(readIsoIndex(new Blob([bytes]))).rejects.toThrow(IsoParseError);
  });

  test("with noise anywhere ends, in a result or an error", async () => {
    const file = await media("h264-index-first.mp4");
    const original = new Uint8Array(await file.arrayBuffer());
    const moov = await find(file, "moov");
    const mdat = await find(file, "mdat");
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    let read = 0;
    for (let round = 0; round < 150; round++) {
      const bytes = original.slice();
      for (let i = 0; i < 4; i++) bytes[moov + random(mdat - moov)] = random(256);
      const index: PacketIndex | Error = await readIsoIndex(new Blob([bytes])).catch((error: Error) => error);
      if (index instanceof Error) expect(index.message.length).toBeGreaterThan(0);
      else read += index.pts.length > 0 ? 1 : 0;
    }
    expect(read).toBeGreaterThan(10);
  });
});

test("VP8 with opacity lies in block groups, which do not say what is a key packet: its bytes do", async () => {
  const bytes = new Uint8Array(await (await media("vp8-alpha.webm")).arrayBuffer());
  // Some files leave out what a block refers to (0xfb): here it becomes an element without meaning (0xec).
  bytes.forEach((byte, i) => {
    if (byte === 0xfb && bytes[i + 1] === 0x81) bytes[i] = 0xec;
    if (byte === 0xfb && bytes[i + 1] === 0x82) bytes[i] = 0xec;
  });
  const source = await readTrackIndex(new Blob([bytes]));
  source.close();
  // As ffprobe -show_packets marks them.
  expect([...source.index.key.keys()].filter((i) => source.index.key[i] === 1)).toEqual([0, 10, 20]);
});

describe("mediabunny's packets", () => {
  test.each(["vp8.webm", "vp9.webm", "h264-no-cues.mkv", "h264.mpegts"])(
    "of %s can be read in any order",
    async (name) => {
      const source = await readTrackIndex(await media(name));
      try {
        expect(sorted(source.index.pts)).toHaveLength(30);
        const all = await source.createReader().read(0, 29);
        all.forEach((bytes, i) => {
          expect(bytes.length).toBe(source.index.size[i]);
        });
        const reader = source.createReader();
        for (const [first, last] of [
          [20, 25],
          [3, 4],
          [29, 29],
          [0, 0],
          [10, 19],
          [12, 13],
        ] as const) {
          expect(await reader.read(first, last)).toEqual(all.slice(first, last + 1));
        }
      } finally {
        source.close();
      }
    },
  );
});

/** The file (index last) with its only sample entry twice, and all its samples of the second. */
async function withSecondEntry(file: Blob): Promise<Blob> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const stsd = (await find(file, "stsd")) - 4;
  const entrySize = view.getUint32(stsd + 16);
  for (const box of ["moov", "trak", "mdia", "minf", "stbl", "stsd"]) {
    const at = (await find(file, box)) - 4;
    view.setUint32(at, view.getUint32(at) + entrySize);
  }
  view.setUint32(stsd + 12, 2);
  const stsc = (await find(file, "stsc")) - 4;
  for (let i = 0; i < view.getUint32(stsc + 12); i++) view.setUint32(stsc + 16 + i * 12 + 8, 2);
  const entryEnd = stsd + 16 + entrySize;
  return new Blob([bytes.slice(0, entryEnd), bytes.slice(stsd + 16, entryEnd), bytes.slice(entryEnd)]);
}
