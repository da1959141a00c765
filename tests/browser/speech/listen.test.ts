import { expect, it, vi } from "vitest";
import type { FromSpeech, SoundPlace, ToSpeech } from "../../../src/speech/protocol.ts";
import type { SpokenLine } from "../../../src/speech/transcript.ts";
import type { FileSound } from "../../../src/video/frame-source.ts";
import { media } from "../video/media.ts";

const urls = import.meta.glob(["../../fixtures/speech/*", "../../fixtures/sound/*"], {
  query: "?url",
  import: "default",
  eager: true,
});

async function file(path: string): Promise<Blob> {
  return (await fetch(urls[`../../fixtures/${path}`] as string)).blob();
}

const clock: FileSound["clock"] = { startSeconds: 0, restarts: [] };

// Recognising is work, whose time says nothing where the machine is busy with more.
vi.setConfig({ testTimeout: 600_000 });

/** Listens in the speech worker, and gives what it told. */
async function hear(
  sound: SoundPlace,
  { track = null, fromSeconds = 0 }: { track?: number | null; fromSeconds?: number } = {},
) {
  const worker = new Worker(new URL("../../../src/speech/worker.ts", import.meta.url), { type: "module" });
  const messages: FromSpeech[] = [];
  await new Promise<void>((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<FromSpeech>) => {
      messages.push(data);
      if (["done", "failed", "no-sound"].includes(data.type)) resolve();
    };
    const appUrl = new URL("/", location.href).href;
    worker.postMessage({ type: "listen", sound, track, fromSeconds, recogniser: null, appUrl } satisfies ToSpeech);
  });
  worker.terminate();
  const lines: SpokenLine[] = messages.flatMap((message) => (message.type === "heard" ? message.lines : []));
  return {
    messages,
    lines,
    last: messages.at(-1) as FromSpeech,
    downloads: messages.some(({ type }) => type === "download"),
  };
}

/** What espeak says, as far as the recogniser understands it: it is made for people. */
const sentences = [
  expect.stringMatching(/^the quick brown fox jumps? over the lazy dog$/),
  expect.stringMatching(/^seven people .*station for the evening train$/),
];

const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z ]/g, "");

it("writes down what is said, when it is said", async () => {
  const { lines, messages } = await hear({ file: await file("speech/speech.mp4"), clock });
  expect(lines.map(({ text }) => plain(text))).toEqual(sentences);
  expect(Math.abs((lines[0] as SpokenLine).startSeconds - 1)).toBeLessThan(0.2);
  expect(Math.abs((lines[1] as SpokenLine).startSeconds - 5)).toBeLessThan(0.2);
  for (const { words, startSeconds, endSeconds } of lines) {
    const times = (words ?? []).flatMap((word) => [word.startSeconds, word.endSeconds]);
    expect(times.length).toBeGreaterThan(10);
    expect([startSeconds, ...times, endSeconds]).toEqual(
      [startSeconds, ...times, endSeconds].toSorted((a, b) => a - b),
    );
  }
  const opened = messages.find(({ type }) => type === "opened");
  expect(opened).toMatchObject({ track: 0, durationSeconds: expect.closeTo(9.4, 0) });
});

it("goes on where it was, and does not hear again what came before", async () => {
  const { lines } = await hear({ file: await file("speech/speech.mp4"), clock }, { fromSeconds: 4.2 });
  expect(lines.map(({ text }) => plain(text))).toEqual([sentences[1]]);
  expect(Math.abs((lines[0] as SpokenLine).startSeconds - 5)).toBeLessThan(0.2);
});

it("hears several files one after the other, each while it is shown; one without sound is silent", async () => {
  const speech = { file: await file("speech/speech.mp4"), clock };
  const files = [
    { ...speech, fromSeconds: 0, untilSeconds: 4.5 },
    { file: await media("h264-index-last.mp4"), clock, fromSeconds: 4.5, untilSeconds: 6 },
    { ...speech, clock: { ...clock, startSeconds: -6 }, fromSeconds: 6, untilSeconds: 15.4 },
  ];
  const { lines, messages } = await hear({ files });
  // In one window with others a sentence is not always heard alike.
  const fox = expect.stringMatching(/^the quick .* over the la\w+ dog$/);
  expect(lines.map(({ text }) => plain(text))).toEqual([fox, fox, sentences[1]]);
  for (const [place, seconds] of [1, 7, 11].entries())
    expect(Math.abs((lines[place] as SpokenLine).startSeconds - seconds)).toBeLessThan(0.2);
  expect(messages.find(({ type }) => type === "opened")).toMatchObject({ durationSeconds: 15.4 });
});

it("invents nothing and downloads no recogniser where nobody speaks", async () => {
  for (const name of ["sound/silent.mp4", "sound/aac.mp4"]) {
    const { lines, last, downloads } = await hear({ file: await file(name), clock });
    expect(last).toEqual({ type: "done" });
    expect(lines).toEqual([]);
    expect(downloads).toBe(false);
  }
});

it("says so where there is no sound, or none that can be decoded", async () => {
  expect((await hear({ file: await media("h264-index-last.mp4"), clock })).messages).toEqual([{ type: "no-sound" }]);
  const { last } = await hear({ file: await file("sound/dolby.mkv"), clock });
  expect(last).toMatchObject({ type: "failed", error: { code: "AudioUnreadable" } });
});
