import { afterAll, expect, it } from "vitest";
import { ask, ended, openNano, sample, until } from "./session.ts";

const assistant = await openNano();
afterAll(() => assistant.close());

/** A camera that shows a clip over and over. `stop` unplugs it. */
async function camera(clip: string) {
  const video = document.createElement("video");
  Object.assign(video, { src: sample(clip), muted: true, loop: true });
  await video.play();
  const canvas = Object.assign(document.createElement("canvas"), { width: 384, height: 384 });
  const context = canvas.getContext("2d");
  const timer = setInterval(() => context?.drawImage(video, 0, 0), 50);
  const stream = canvas.captureStream(20);
  return {
    stream,
    stop() {
      clearInterval(timer);
      video.pause();
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

it("watches a camera frame by frame, answers meanwhile, rests in a pause, and ends when it is unplugged", async () => {
  const { stream, stop } = await camera("one-object.mp4");
  const session = assistant.watch(stream, { fps: 4 });
  const begun = await until(session, ({ framesWatched }) => framesWatched > 0);
  // Not a whole batch: the first was read before seven more had come.
  expect(begun.frames).toHaveLength(1);
  expect(begun).toMatchObject({
    status: "watching",
    framesPlanned: null,
    secondsLeft: null,
    video: { live: "camera", width: 384, height: 384, durationSeconds: 0 },
  });
  expect((await ask(session, "What do you see?")).length).toBeGreaterThan(1);
  expect(session.snapshot.status).toBe("watching");
  await until(session, ({ framesWatched }) => framesWatched > 3);

  session.pause();
  const paused = await until(session, ({ status }) => status === "paused");
  expect((await ask(session, "What is the background color?")).length).toBeGreaterThan(1);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(session.snapshot.framesWatched).toBe(paused.framesWatched);
  session.resume();
  const more = await until(session, ({ framesWatched }) => framesWatched > paused.framesWatched + 1);
  const times = more.frames.map(({ timestampSeconds }) => timestampSeconds);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  // Nothing of the pause was watched, and nothing of it counts as dropped.
  const [before = 0, after = 0] = times.slice(paused.framesWatched - 1);
  expect(after - before).toBeGreaterThan(0.6);
  expect(more.framesDropped + more.framesWatched).toBeLessThanOrEqual((times.at(-1) ?? 0) * 4 + 1.5);

  stop();
  const end = await ended(session);
  expect(end).toMatchObject({ status: "failed", error: { code: "CaptureEnded" } });
  expect((await ask(session, "What do you see?")).length).toBeGreaterThan(1);
  await session.close();
  expect((await assistant.gpuUsage()).openVideoFrames).toBe(0);
});

it("passes over what it has no time for, and counts it", async () => {
  const { stream, stop } = await camera("counting.mp4");
  const session = assistant.watch(stream, { fps: 1000 });
  const { frames, framesWatched, framesDropped } = await until(session, (now) => now.framesWatched > 4);
  expect(framesDropped).toBeGreaterThan(0);
  const last = frames.at(-1)?.timestampSeconds ?? 0;
  expect(framesWatched + framesDropped).toBeLessThanOrEqual(last * 1000 + 10);
  session.stop();
  expect(await ended(session)).toMatchObject({ status: "stopped", error: null });
  await session.close();
  stop();
  expect((await assistant.gpuUsage()).openVideoFrames).toBe(0);
});

it("takes frames from a playing picture where the browser streams none", async () => {
  const holder = globalThis as { MediaStreamTrackProcessor?: unknown };
  const Processor = holder.MediaStreamTrackProcessor;
  expect(Processor).toBeDefined();
  holder.MediaStreamTrackProcessor = undefined;
  const { stream, stop } = await camera("one-object.mp4");
  const session = assistant.watch(stream, { fps: 4 });
  holder.MediaStreamTrackProcessor = Processor;
  const { frames, video } = await until(session, ({ framesWatched }) => framesWatched > 3);
  expect(video).toMatchObject({ live: "camera", width: 384, height: 384 });
  expect(frames[1]?.thumbnail?.size).toBeGreaterThan(1000);
  for (const track of stream.getTracks()) track.dispatchEvent(new Event("ended"));
  expect(await ended(session)).toMatchObject({ status: "failed", error: { code: "CaptureEnded" } });
  stop();
  await session.close();
  expect((await assistant.gpuUsage()).openVideoFrames).toBe(0);
});

it("refuses what cannot be watched live", async () => {
  const { stream, stop } = await camera("one-object.mp4");
  const counted = assistant.watch(stream, { frames: 8 });
  expect(await ended(counted)).toMatchObject({
    error: { code: "BadRequest", message: expect.stringMatching(/^frames/) },
  });
  stop();
  expect(await ended(assistant.watch(stream))).toMatchObject({ error: { code: "CaptureEnded" } });
  expect(await ended(assistant.watch(new MediaStream()))).toMatchObject({ error: { code: "NoVideoTrack" } });
});

it("watches several files into one memory, and tells those that it cannot", async () => {
  const one = await (await fetch(sample("one-object.mp4"))).blob();
  const broken = new File([one.slice(0, 700)], "broken.mp4");
  const notVideo = new File(["It was a dark and stormy night."], "night.txt");
  const named = new File([one], "first.mp4");
  const session = assistant.watch([named, broken, sample("two-objects.mp4"), notVideo]);
  const done = await ended(session);
  expect(done).toMatchObject({
    status: "done",
    framesWatched: 16,
    framesPlanned: 16,
    watchedUntilSeconds: 8,
    error: null,
    video: {
      name: "first.mp4 and 1 more",
      durationSeconds: 8,
      parts: [
        { name: "first.mp4", startSeconds: 0, durationSeconds: 4, place: 0 },
        { name: "two-objects.mp4", startSeconds: 4, durationSeconds: 4, place: 2 },
      ],
    },
  });
  expect(done.frames.map(({ timestampSeconds }) => timestampSeconds)).toEqual(
    Array.from({ length: 16 }, (_, index) => index / 2),
  );
  expect(done.notices).toMatchObject([
    { code: "VideoUnreadable", message: expect.stringMatching(/^broken\.mp4 was left out\. /) },
    { code: "VideoUnreadable", message: expect.stringMatching(/^night\.txt was left out\. /) },
  ]);

  // The same frames as one after the other alone; and the second alone answers from its range.
  const alone = assistant.watch(sample("two-objects.mp4"));
  await ended(alone);
  const question = "List the objects.";
  const again = await ask(session, question, { from: "look-again", range: [4, 8] });
  expect(again).toBe(await ask(alone, question, { from: "look-again" }));

  const few = assistant.watch([named, sample("two-objects.mp4")], { frames: 5 });
  expect((await ended(few)).framesWatched).toBe(5);
  const none = assistant.watch([broken, notVideo]);
  expect(await ended(none)).toMatchObject({ status: "failed", error: { code: "VideoUnreadable" } });
  await Promise.all([session.close(), alone.close(), few.close(), none.close()]);
});
