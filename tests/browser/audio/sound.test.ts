import { afterEach, expect, it, vi } from "vitest";
import type { PieceDecoder } from "../../../src/audio/decode-pieces.ts";
import { openSound, type Sound } from "../../../src/audio/open-sound.ts";
import { decodePiece } from "../../../src/session/page/decode-piece.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { media } from "../video/media.ts";

afterEach(() => vi.unstubAllGlobals());

const urls = import.meta.glob("../../fixtures/sound/*", { query: "?url", import: "default", eager: true });

async function soundFile(name: string): Promise<Blob> {
  const url = urls[`../../fixtures/sound/${name}`];
  if (typeof url !== "string") throw new Error(`no fixture ${name}`);
  return (await fetch(url)).blob();
}

const expected = new Map(
  (await (await soundFile("expected.tsv")).text())
    .trim()
    .split("\n")
    .map((line) => line.split("\t") as [string, string])
    .map(([name, times]) => [name, times.split(" ").map(Number)]),
);

/** What this browser cannot decode, with what the error calls it. */
const undecodable = new Map([
  ["dolby.mkv", "Dolby Digital (AC-3)"],
  ["lossless.mov", "Apple Lossless (ALAC)"],
]);

/** Opens the sound of a file as its pictures are opened first. */
async function open(
  file: Blob,
  track: number | null = null,
  decode: PieceDecoder | null = null,
): Promise<Sound | null> {
  const { clock, close } = await openVideo(file);
  close();
  if (!clock) throw new Error("a picture");
  return openSound({ file, clock }, { track, decodePiece: decode });
}

/** When bursts of sound begin, and how loud the loudest moment is. */
async function listen(sound: Sound, from?: number) {
  const onsets: number[] = [];
  let [silentSince, loudest, samplesHeard, end] = [Number.NEGATIVE_INFINITY, 0, 0, Number.NEGATIVE_INFINITY];
  for await (const { seconds, samples } of sound.pieces(from === undefined ? {} : { from })) {
    expect(seconds, "pieces overlap").toBeGreaterThan(end - 1e-4);
    end = seconds + samples.length / 16000;
    samplesHeard += samples.length;
    for (const [i, sample] of samples.entries()) {
      loudest = Math.max(loudest, Math.abs(sample));
      if (Math.abs(sample) < 0.1) continue;
      const at = seconds + i / 16000;
      if (at - silentSince > 0.1) onsets.push(at);
      silentSince = at;
    }
  }
  return { onsets, loudest, samplesHeard, end };
}

it.each([...expected].filter(([name]) => !undecodable.has(name)))(
  "%s is heard when ffmpeg hears it",
  async (name, times) => {
    const sound = await open(await soundFile(name));
    const { onsets, loudest, end } = await listen(sound as Sound);
    expect(onsets).toHaveLength(times.length);
    for (const [i, time] of times.entries()) expect(Math.abs((onsets[i] as number) - time)).toBeLessThan(0.05);
    expect(loudest).toBeGreaterThan(0.2);
    expect(end).toBeGreaterThan((times.at(-1) as number) + 0.1);
    sound?.close();
  },
);

it.each([...undecodable])("%s: the error names the codec", async (name, codec) => {
  const hear = async () => (await open(await soundFile(name)))?.pieces().next();
  await expect(hear()).rejects.toMatchObject({ code: "AudioUnreadable", message: expect.stringContaining(codec) });
});

it.each(["aac.mp4", "late.mp4", "aac.mpegts", "mp3.mkv", "mp3.mp4", "flac.mkv", "pcm-24.mov"])(
  "%s is heard without a decoder of packets, from any second on",
  async (name) => {
    vi.stubGlobal("AudioDecoder", undefined);
    const times = expected.get(name) as number[];
    const sound = await open(await soundFile(name), null, decodePiece);
    for (const from of [undefined, 1.5]) {
      const wanted = times.filter((time) => time > (from ?? Number.NEGATIVE_INFINITY));
      const { onsets, loudest } = await listen(sound as Sound, from);
      expect(onsets).toHaveLength(wanted.length);
      for (const [i, time] of wanted.entries()) expect(Math.abs((onsets[i] as number) - time)).toBeLessThan(0.05);
      expect(loudest).toBeGreaterThan(0.2);
    }
    sound?.close();
  },
);

it("without a decoder of packets, what cannot be decoded is told with what would be", async () => {
  vi.stubGlobal("AudioDecoder", undefined);
  const hear = async () => (await open(await soundFile("opus.webm"), null, decodePiece))?.pieces().next();
  await expect(hear()).rejects.toMatchObject({
    code: "AudioUnreadable",
    message: expect.stringMatching(/Opus.*pcm_s16le/),
  });
});

it("is heard from any second on, at the same times", async () => {
  for (const name of ["aac.mp4", "pcm-24.mov", "opus.webm", "aac.mpegts", "mp3.mkv"]) {
    const sound = (await open(await soundFile(name))) as Sound;
    const { onsets, end } = await listen(sound, 1.5);
    const first = await sound.pieces({ from: 1.5 }).next();
    expect(first.value?.seconds, name).toBeCloseTo(1.5, 1);
    expect(onsets, name).toHaveLength(1);
    expect(Math.abs((onsets[0] as number) - 2.2), name).toBeLessThan(0.05);
    expect(end, name).toBeGreaterThan(2.8);
  }
});

it("the default track is heard unless another is chosen", async () => {
  for (const name of ["two-tracks.mkv", "two-tracks.mp4"]) {
    const file = await soundFile(name);
    const sound = (await open(file)) as Sound;
    expect(sound.tracks.map(({ language }) => language)).toEqual(["deu", "eng"]);
    expect(sound.track).toBe(1);
    expect((await listen(sound)).onsets).toHaveLength(2);
    const other = (await open(file, 0)) as Sound;
    expect(other.track).toBe(0);
    expect((await listen(other)).onsets).toHaveLength(0);
  }
});

it("silence is silence, and a video without sound has none", async () => {
  const { loudest, samplesHeard } = await listen((await open(await soundFile("silent.mp4"))) as Sound);
  expect(loudest).toBeLessThan(0.001);
  expect(samplesHeard).toBeGreaterThan(2.9 * 16000);
  for (const name of ["h264-index-last.mp4", "vp8.webm"]) expect(await open(await media(name))).toBeNull();
});

it("a gap stays one, and the second of two joined recordings lies behind the first", async () => {
  const gap = (await open(await soundFile("gap.mkv"))) as Sound;
  const ends: number[] = [];
  const begins: number[] = [];
  for await (const { seconds, samples } of gap.pieces()) {
    begins.push(seconds);
    ends.push(seconds + samples.length / 16000);
  }
  const pauses = begins.slice(1).filter((begin, i) => begin - (ends[i] as number) > 0.2);
  expect(pauses).toHaveLength(1);
  expect(pauses[0]).toBeCloseTo(1.9, 1);
  const joined = await listen((await open(await soundFile("joined.mpegts"))) as Sound);
  expect(joined.onsets).toHaveLength(4);
  for (const [i, time] of [1, 2.2, 4, 5.2].entries())
    expect(Math.abs((joined.onsets[i] as number) - time)).toBeLessThan(0.05);
});

it("what is cut off is heard as far as it goes, and damage is passed over", async () => {
  const whole = await soundFile("aac.mp4");
  const index = await soundFile("aac-fragments.mp4");
  const cut = await listen((await open(index.slice(0, index.size * 0.6))) as Sound);
  expect(cut.onsets).toHaveLength(1);
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const at = 0x600;
  bytes.fill(0x55, at, at + 1500);
  const damaged = (await openSound({ file: new Blob([bytes]), clock: { startSeconds: 0, restarts: [] } })) as Sound;
  const { end } = await listen(damaged);
  expect(end).toBeGreaterThan(2.5);
});

it("stops at once, and can be stopped before it begins", async () => {
  const sound = (await open(await soundFile("aac.mp4"))) as Sound;
  const stop = new AbortController();
  const pieces = sound.pieces({ signal: stop.signal });
  await pieces.next();
  stop.abort();
  await expect(pieces.next()).rejects.toMatchObject({ code: "Aborted" });
  await expect(sound.pieces({ signal: stop.signal }).next()).rejects.toMatchObject({ code: "Aborted" });
});

it("says so where the browser has no AudioDecoder", async () => {
  vi.stubGlobal("AudioDecoder", undefined);
  try {
    const opening = open(await media("h264-index-first.mp4"));
    await expect(opening).rejects.toMatchObject({
      code: "AudioUnreadable",
      message: expect.stringMatching(/another browser/),
    });
  } finally {
    vi.unstubAllGlobals();
  }
});
