import { afterEach, expect, test } from "vitest";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { readIsoIndex } from "../../../src/video/iso-index.ts";
import { box } from "../../iso-box.ts";
import { media, watch } from "./media.ts";

afterEach(() => {
  expect(openVideoFrameCount()).toBe(0);
});

const tenths = Array.from({ length: 30 }, (_, i) => i);

test("VP9 of a recorder that knows no level is watched", async () => {
  const { video, numbers, losses } = await watch(await media("vp9-no-level.mp4"), { fps: 10 });
  expect(video.info.codec).toBe("vp09.00.10.08");
  expect({ numbers, losses }).toEqual({ numbers: tenths, losses: [] });
});

test("AV1 whose key packets have their sequence header in the sample entry alone is watched", async () => {
  const file = await media("av1.mp4");
  const index = await readIsoIndex(file);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const keys = [...index.key.keys()].filter((i) => index.key[i] === 1);
  expect(keys).toEqual([0, 10, 20]);
  // The header's unit becomes one of padding, which says nothing.
  for (const key of keys.slice(1)) {
    const at = index.offset?.[key] as number;
    expect(bytes[at]).toBe(0x0a);
    bytes[at] = 0x7a;
  }
  for (const fps of [1, 2, 10]) {
    const { numbers, losses } = await watch(new Blob([bytes]), { fps });
    expect({ numbers, losses }).toEqual({ numbers: tenths.filter((i) => i % (10 / fps) === 0), losses: [] });
  }
});

test("a recording whose size changes, with the new parameter sets in the stream, is watched throughout", async () => {
  const file = await media("h264-resized.mp4");
  for (const fps of [1, 5, 10]) {
    const { numbers, losses } = await watch(file, { fps });
    const expected = tenths.slice(0, 20).filter((i) => i % (10 / fps) === 0);
    expect({ numbers, losses }).toEqual({ numbers: expected, losses: [] });
  }
  expect((await watch(file, { frames: 1 })).numbers).toEqual([10]);
});

test("a file with a part cut out by its edit list shows the others, and one that is mirrored says so", async () => {
  const file = await media("h264-index-last.mp4");
  const bytes = new Uint8Array(await file.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const at = (text: string) => new TextDecoder("latin1").decode(bytes).indexOf(text);
  // The track's only edit becomes two: the first half second, then from 2 s on. Room for it is made from what is behind it.
  const tkhd = at("tkhd");
  view.setInt32(tkhd + 44, -(1 << 16));
  const edits = box(
    "edts",
    box("elst", 0, 2, 500, mediaTime(view, at("elst")), 1 << 16, 1000, later(view, at("elst"), at("mdhd")), 1 << 16),
  );
  const trak = at("trak") - 4;
  const old = at("edts") - 4;
  const oldLength = view.getUint32(old);
  const grown = edits.length - oldLength;
  for (const outer of [at("moov") - 4, trak]) view.setUint32(outer, view.getUint32(outer) + grown);
  const edited = new Blob([bytes.slice(0, old), edits as Uint8Array<ArrayBuffer>, bytes.slice(old + oldLength)]);
  const { video, numbers, losses } = await watch(edited, { fps: 10 });
  expect({ numbers, losses }).toEqual({ numbers: [0, 1, 2, 3, 4, ...tenths.slice(20)], losses: [] });
  expect(video.info.durationSeconds).toBeCloseTo(1.5, 3);
  for await (const { frame, rotation, mirrored } of video.frames({ frames: 1 }, {})) {
    frame.close();
    expect({ rotation, mirrored }).toEqual({ rotation: 0, mirrored: true });
  }
});

/** Where the only edit begins, in units of the track's timescale. */
function mediaTime(view: DataView, elst: number): number {
  return view.getInt32(elst + 16);
}

/** Two seconds later. */
function later(view: DataView, elst: number, mdhd: number): number {
  return mediaTime(view, elst) + 2 * view.getUint32(mdhd + 16);
}
