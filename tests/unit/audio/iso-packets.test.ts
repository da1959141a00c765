import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { isoPackets, NoSound } from "../../../src/audio/iso-packets.ts";
import { media } from "../video/media.ts";

const { signal } = new AbortController();

async function open(name: string, track: number | null = null) {
  const file = new Blob([await readFile(new URL(`../../fixtures/sound/${name}`, import.meta.url))]);
  return isoPackets(file, track, signal);
}

/** Codec, rate, channels and whether decoders get a description, as ffmpeg was told to write them. */
it.each([
  ["aac.mp4", "mp4a.40.2", 44100, 2, true],
  ["aac-fragments.mp4", "mp4a.40.2", 48000, 1, true],
  ["mp3.mp4", "mp3", 44100, 2, false], // one channel, of which its sample entry makes two
  ["opus.mp4", "opus", 48000, 1, true],
  ["flac.mp4", "flac", 16000, 1, true],
  ["surround.mp4", "mp4a.40.2", 48000, 6, true],
  ["pcm-little.mov", "pcm-s16", 8000, 1, false],
  ["pcm-24.mov", "pcm-s24be", 8000, 1, false],
  ["pcm-float.mov", "pcm-f32", 8000, 1, false],
  ["mu-law.mov", "ulaw", 8000, 1, false],
  ["lossless.mov", "alac", 16000, 1, true],
])("%s is %s", async (name, codec, sampleRate, channels, described) => {
  const [format] = (await open(name)).formats;
  expect(format).toMatchObject({ codec, sampleRate, channels });
  expect(format?.description !== null).toBe(described);
});

it("uncompressed sound is read a chunk at a time, and lasts as long as it does", async () => {
  const { packets, endSeconds } = await open("pcm-24.mov");
  expect(endSeconds).toBeCloseTo(3, 2);
  let [count, bytes] = [0, 0];
  for await (const { data } of packets(0, signal)) {
    count++;
    bytes += data.length;
  }
  expect(bytes).toBe(3 * 8000 * 3);
  expect(count).toBeLessThan(200);
});

it("begins with the packet at a second", async () => {
  const { packets } = await open("aac.mp4");
  const first = await packets(1.5, signal).next();
  if (!first.value) throw new Error("no packet");
  expect(1.5 - first.value.seconds).toBeGreaterThanOrEqual(0);
  expect(1.5 - first.value.seconds).toBeLessThan(0.024);
});

it("an edit list's cut begins at 0, and a late sound begins late", async () => {
  const cut = await open("cut.mp4");
  expect(cut.parts).toEqual([{ from: 0, to: expect.closeTo(2.4, 1), at: 0 }]);
  const late = (await (await open("late.mp4")).packets(0, signal).next()).value;
  expect(late?.seconds).toBeCloseTo(0.68, 1);
});

it("tells of the tracks, and of none", async () => {
  const { tracks, chosen } = await open("two-tracks.mp4");
  expect(tracks.map(({ language, isDefault }) => [language, isDefault])).toEqual([
    ["deu", false],
    ["eng", true],
  ]);
  expect(chosen).toBe(1);
  expect((await open("two-tracks.mp4", 0)).chosen).toBe(0);
  await expect(isoPackets(await media("h264-index-last.mp4"), null, signal)).rejects.toBeInstanceOf(NoSound);
});
