import { afterEach, describe, expect, test, vi } from "vitest";
import type { AuroraError, ErrorCode } from "../../../src/errors.ts";
import { openVideoFrameCount } from "../../../src/video/frame-count.ts";
import { decoderPatience } from "../../../src/video/frame-decoder.ts";
import type { VideoLoss } from "../../../src/video/frame-source.ts";
import { openVideo } from "../../../src/video/open-video.ts";
import { readTrackIndex } from "../../../src/video/track-index.ts";
import { media, watch } from "./media.ts";

afterEach(() => {
  vi.restoreAllMocks();
  expect(openVideoFrameCount()).toBe(0);
});

async function failure(work: Promise<unknown>): Promise<AuroraError> {
  const error = await work.then(
    () => new Error("nothing failed"),
    (reason: unknown) => reason,
  );
  return error as AuroraError;
}

async function expectFailure(work: Promise<unknown>, code: ErrorCode, words: RegExp): Promise<void> {
  const error = await failure(work);
  expect({ name: error.name, message: error.message }).toEqual({ name: code, message: expect.stringMatching(words) });
}

/** The file with its bytes overwritten between two fractions of its length. */
async function damage(file: Blob, from: number, to: number): Promise<Blob> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  bytes.fill(0xa5, Math.round(bytes.length * from), Math.round(bytes.length * to));
  return new Blob([bytes]);
}

const cut = (file: Blob, part: number) => file.slice(0, Math.round(file.size * part));

describe("is refused, with the reason:", () => {
  const text = new TextEncoder().encode("It was a dark and stormy night.\n".repeat(300));
  const noise = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7919 + (i >> 3) * 104729) & 0xff);

  test("an empty file, text and noise", async () => {
    await expectFailure(openVideo(new Blob([])), "VideoUnreadable", /empty, not a video/);
    await expectFailure(openVideo(new Blob([text])), "VideoUnreadable", /not a video/);
    await expectFailure(openVideo(new Blob([noise])), "VideoUnreadable", /not a video/);
  });

  test.each([
    ["mpeg4-part-2.avi", /AVI/],
    ["sorenson.flv", /FLV/],
    ["wmv2.wmv", /WMV/],
    ["protected.mp4", /protected/],
  ])("%s", async (name, words) => {
    await expectFailure(openVideo(await media(name)), "VideoUnreadable", words);
  });

  test.each([
    ["hevc.mp4", /HEVC.*another browser.*convert/s],
    ["mpeg4-part-2.mp4", /MPEG-4 part 2/],
    ["mpeg4-part-2.mkv", /MPEG-4 part 2/],
    ["prores.mov", /ProRes/],
    ["mpeg2.mpegts", /MPEG-2/],
  ])("%s, by its codec", async (name, words) => {
    await expectFailure(openVideo(await media(name)), "CodecUnsupported", words);
  });

  test("sound only", async () => {
    await expectFailure(openVideo(await media("sound-only.m4a")), "NoVideoTrack", /no video track/);
  });

  test("a recording without its index", async () => {
    const file = await media("h264-index-last.mp4");
    await expectFailure(openVideo(cut(file, 0.5)), "VideoUnreadable", /cut off: its index is missing/);
    await expectFailure(openVideo(file.slice(0, file.size - 5)), "VideoUnreadable", /cut off: its index is missing/);
  });

  test("a piece of a stream without its beginning", async () => {
    const file = await media("h264-fragmented.mp4");
    const bytes = new Uint8Array(await file.arrayBuffer());
    const moof = new TextDecoder("latin1").decode(bytes).indexOf("moof") - 4;
    await expectFailure(openVideo(file.slice(moof)), "VideoUnreadable", /without its beginning/);
  });

  test.each([
    "h264-index-last.mp4",
    "h264-index-first.mp4",
    "h264-fragmented.mp4",
    "vp9.webm",
    "moving.gif",
    "still.png",
  ])("%s of which only the first bytes are left", async (name) => {
    const file = await media(name);
    for (const bytes of [9, 40, 200]) {
      const error = await failure(openVideo(file.slice(0, bytes)));
      expect(["VideoUnreadable", "NoVideoTrack"]).toContain(error.name);
    }
  });

  test("a file whose pictures are all damaged", async () => {
    const file = await media("h264-index-first.mp4");
    await expectFailure(watch(await damage(file, 0.22, 1), { fps: 2 }), "VideoUnreadable", /No picture/);
  });

  test("any video where there is no decoder", async () => {
    const decoder = globalThis.VideoDecoder;
    // @ts-expect-error: as in browsers without WebCodecs
    delete globalThis.VideoDecoder;
    try {
      await expectFailure(openVideo(await media("h264-index-last.mp4")), "CodecUnsupported", /WebCodecs/);
    } finally {
      globalThis.VideoDecoder = decoder;
    }
  });
});

describe("a file cut off", () => {
  test("after its index is watched as far as it goes", async () => {
    const { numbers, losses, video } = await watch(cut(await media("h264-index-first.mp4"), 0.7), { fps: 10 });
    expect(video.info.durationSeconds).toBeCloseTo(3, 2);
    expect(numbers.length).toBeGreaterThan(12);
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(losses).toEqual([
      {
        reason: "truncated",
        fromSeconds: expect.closeTo(numbers.length / 10, 3),
        toSeconds: 3,
        frames: 30 - numbers.length,
      },
    ]);
  });

  test("in a fragment is watched as far as it goes", async () => {
    const { numbers, losses } = await watch(cut(await media("h264-fragmented.mp4"), 0.6), { fps: 10 });
    expect(numbers.length).toBeGreaterThanOrEqual(10);
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(losses).toHaveLength(1);
    expect(losses[0]).toMatchObject({ reason: "truncated", fromSeconds: expect.closeTo(numbers.length / 10, 3) });
  });

  test("in WebM is watched as far as it goes", async () => {
    const { numbers, losses } = await watch(cut(await media("vp9.webm"), 0.8), { fps: 10 });
    expect(numbers.length).toBeGreaterThanOrEqual(10);
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(losses).toHaveLength(1);
    expect(losses[0]).toMatchObject({ reason: "truncated", toSeconds: expect.closeTo(3, 1) });
    // The file's length is that of its sound, which ends a little later.
    expect(losses[0]?.frames).toBeGreaterThanOrEqual(30 - numbers.length);
  });

  test("is spread evenly over what is there", async () => {
    const { numbers, losses } = await watch(cut(await media("h264-index-first.mp4"), 0.7), { frames: 4 });
    expect(numbers).toHaveLength(4);
    expect(losses).toMatchObject([{ reason: "truncated", frames: 0 }]);
  });
});

describe("a file damaged in the middle", () => {
  test.each(["h264-index-first.mp4", "h264-fragmented.mp4"])("is watched before and after: %s", async (name) => {
    const { numbers, times, losses } = await watch(await damage(await media(name), 0.5, 0.53), { fps: 10 });
    // What is shown is the right frame, or one that the damage spoilt without the decoder noticing.
    const right = numbers.filter((number, i) => number === Math.round((times[i] as number) * 10));
    expect(right.length).toBeGreaterThanOrEqual(15);
    expect(numbers.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(numbers).toContain(29);
    for (const loss of losses) {
      expect(loss).toMatchObject({ reason: "damaged" });
      expect(loss.toSeconds).toBeGreaterThanOrEqual(loss.fromSeconds);
    }
  });

  test("whose container is broken is watched up to there: WebM in one cluster", async () => {
    const { numbers, losses } = await watch(await damage(await media("vp8.webm"), 0.5, 0.53), { fps: 10 });
    expect(numbers.length).toBeGreaterThan(8);
    expect(losses).toMatchObject([{ reason: "truncated", toSeconds: 3 }]);
  });

  test.each(["h264-index-first.mp4", "h264-no-cues.mkv", "vp9.webm"])(
    "goes on at the next key frame and tells what was lost: %s",
    async (name) => {
      const file = await media(name);
      const bytes = new Uint8Array(await file.arrayBuffer());
      for (const at of await payload(file, 10)) bytes[at] = 0xff;
      const { numbers, losses } = await watch(new Blob([bytes]), { fps: 10 });
      expect(numbers).toEqual([...Array(10).keys(), ...Array.from({ length: 10 }, (_, i) => 20 + i)]);
      expect(losses).toEqual([
        { reason: "damaged", fromSeconds: 1, toSeconds: expect.closeTo(2, 2), frames: 10 } satisfies VideoLoss,
      ]);
    },
  );
});

/** Positions of the first bytes of a packet in its file. */
async function payload(file: Blob, packet: number): Promise<number[]> {
  const source = await readTrackIndex(file);
  try {
    const [data] = await source.createReader().read(packet, packet);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const piece = (data as Uint8Array).subarray(20, 40);
    const start = bytes.findIndex((_, i) => piece.every((byte, j) => bytes[i + j] === byte));
    expect(start).toBeGreaterThan(0);
    const length = Math.min((data as Uint8Array).length, 120);
    return Array.from({ length }, (_, i) => start - 20 + i);
  } finally {
    source.close();
  }
}

describe("stopping", () => {
  test("before it begins", async () => {
    const file = await media("h264-index-last.mp4");
    await expectFailure(openVideo(file, { signal: AbortSignal.abort() }), "Aborted", /Stopped/);
    const frames = (await openVideo(file)).frames({ fps: 1 }, { signal: AbortSignal.abort() });
    await expectFailure(frames.next(), "Aborted", /Stopped/);
  });

  test.each(["h264-index-last.mp4", "vp9.webm", "moving.gif"])("through the signal: %s", async (name) => {
    const stop = new AbortController();
    const frames = (await openVideo(await media(name))).frames({ fps: 10 }, { signal: stop.signal });
    const first = await frames.next();
    if (!first.done) first.value.frame.close();
    stop.abort();
    // What was decoded ahead is closed at once, before anybody asks for more.
    expect(openVideoFrameCount()).toBe(0);
    await expectFailure(frames.next(), "Aborted", /Stopped/);
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });

  test("while a frame is awaited, by return", async () => {
    const frames = (await openVideo(await media("h264-index-last.mp4"))).frames({ fps: 10 }, {});
    const pending = frames.next();
    const returned = frames.return();
    const late = await pending;
    if (!late.done) late.value.frame.close();
    expect(await returned).toEqual({ done: true, value: undefined });
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });

  test("by leaving the loop", async () => {
    for await (const { frame } of (await openVideo(await media("h264-index-last.mp4"))).frames({ fps: 10 }, {})) {
      frame.close();
      break;
    }
  });

  test("by an error of the consumer", async () => {
    const video = await openVideo(await media("h264-index-last.mp4"));
    const consume = async () => {
      for await (const { frame } of video.frames({ fps: 10 }, {})) {
        frame.close();
        throw new Error("consumer");
      }
    };
    await expect(consume()).rejects.toThrow("consumer");
  });
});

test("a decoder that never gives anything ends in an error", async () => {
  vi.spyOn(VideoDecoder.prototype, "decode").mockImplementation(() => {});
  await expectFailure(watch(await media("h264-index-last.mp4"), { fps: 1 }), "VideoUnreadable", /No picture/);
});

test("a decoder that stops answering ends in an error", async () => {
  vi.spyOn(VideoDecoder.prototype, "flush").mockImplementation(() => new Promise(() => {}));
  vi.spyOn(VideoDecoder.prototype, "decode").mockImplementation(() => {});
  const { stallMs } = decoderPatience;
  decoderPatience.stallMs = 200;
  try {
    await expectFailure(watch(await media("h264-index-last.mp4"), { fps: 1 }), "VideoUnreadable", /does not answer/);
  } finally {
    decoderPatience.stallMs = stallMs;
  }
});

test("a browser's wrong word that it cannot decode is not believed", async () => {
  vi.spyOn(VideoDecoder, "isConfigSupported").mockImplementation(async (config) => ({ supported: false, config }));
  expect((await watch(await media("h264-index-last.mp4"), { fps: 1 })).numbers).toEqual([0, 10, 20]);
});

test("a browser's wrong word that it can decode ends in the codec's name", async () => {
  vi.spyOn(VideoDecoder, "isConfigSupported").mockImplementation(async (config) => ({ supported: true, config }));
  await expectFailure(watch(await media("hevc.mp4"), { fps: 1 }), "CodecUnsupported", /HEVC/);
});
