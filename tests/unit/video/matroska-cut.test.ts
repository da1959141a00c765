import { expect, test } from "vitest";
import { isFollowed, withWholeCluster } from "../../../src/video/matroska-cut.ts";
import { readTrackIndex } from "../../../src/video/track-index.ts";
import { media } from "./media.ts";

async function packets(file: Blob): Promise<number> {
  const source = await readTrackIndex(file);
  source.close();
  return source.index.pts.length;
}

// How many packets there are in the first bytes of each file: ffprobe -count_packets.
test.each([
  ["vp9.webm", 7000, 23],
  ["h264-no-cues.mkv", 4000, 16],
  ["vp8.webm", 4000, 15],
])("%s cut inside a cluster keeps the cluster's whole blocks", async (name, bytes, count) => {
  const cut = (await media(name)).slice(0, bytes);
  expect(await packets(await withWholeCluster(cut))).toBe(count);
});

test("what is whole stays as it is", async () => {
  for (const name of ["vp9.webm", "h264-no-cues.mkv", "h264.mpegts"]) {
    const file = await media(name);
    expect(await withWholeCluster(file)).toBe(file);
  }
});

test("a second recording in the same file is noticed", async () => {
  for (const name of ["vp9.webm", "h264-no-cues.mkv"]) {
    const file = await media(name);
    expect(await isFollowed(file)).toBe(false);
    expect(await isFollowed(new Blob([file, file]))).toBe(true);
    expect(await isFollowed(new Blob([file, new Uint8Array(1000)]))).toBe(false);
  }
  expect(await isFollowed(await media("h264.mpegts"))).toBe(false);
});
