import { expect, test } from "vitest";
import { withWholeFrames } from "../../../src/video/field-pairs.ts";
import { readIsoIndex } from "../../../src/video/iso-index.ts";
import type { PacketSource } from "../../../src/video/packet-index.ts";
import { sliceSource } from "../../../src/video/slice-source.ts";
import { readTrackIndex } from "../../../src/video/track-index.ts";
import { media } from "./media.ts";

const { signal } = new AbortController();

async function open(name: string): Promise<PacketSource> {
  const file = await media(name);
  return name.endsWith(".mp4") ? sliceSource(file, await readIsoIndex(file)) : readTrackIndex(file);
}

// ffprobe counts 40 packets in each file, and ffmpeg shows 20 pictures.
test.each(["h264-fields.mpegts", "h264-fields.mp4"])("the fields of %s become frames", async (name) => {
  const source = await open(name);
  expect(source.index.pts).toHaveLength(40);
  const { index, createReader } = await withWholeFrames(source, signal);
  expect(index.available).toBe(20);
  const start = index.pts[0] ?? 0;
  expect([...index.pts].map((time) => Math.round((time - start) / 1e5))).toEqual([...Array(20).keys()]);
  expect([...index.duration].every((time) => Math.abs(time - 1e5) < 100)).toBe(true);
  const [first] = await source.createReader().read(6, 6);
  const [second] = await source.createReader().read(7, 7);
  const [, frame] = await createReader().read(2, 3);
  expect(frame).toEqual(Uint8Array.from([...(first ?? []), ...(second ?? [])]));
  source.close();
});

test("frames stay what they are", async () => {
  for (const name of ["h264-index-last.mp4", "h264.mpegts"]) {
    const source = await open(name);
    expect(await withWholeFrames(source, signal)).toBe(source);
    source.close();
  }
});
