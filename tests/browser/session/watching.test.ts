import { afterAll, expect, it } from "vitest";
import type { AskOptions, WatchOptions, WatchSource } from "../../../src/session/types.ts";
import { ask, collect, ended, openNano, questionOf, reference, sample, until } from "./session.ts";

const assistant = await openNano();
afterAll(() => assistant.close());

const long = "/tests/fixtures/clips/forty-seconds.mp4";

it("reports its progress, the frames and the size of its state", async () => {
  const session = assistant.watch(sample("one-object.mp4"));
  expect(session.snapshot).toMatchObject({ status: "opening", framesWatched: 0, video: null });
  const done = await ended(session);
  expect(done).toMatchObject({
    status: "done",
    framesWatched: 8,
    framesPlanned: 8,
    visualTokens: 8 * assistant.model.tokensPerFrame,
    watchedUntilSeconds: 4,
    secondsLeft: 0,
    stateBytes: assistant.model.stateBytes,
    notices: [],
    error: null,
    video: { name: "one-object.mp4", width: 384, height: 384, durationSeconds: 4 },
  });
  expect(done.gpuBytes).toBeGreaterThan(0);
  expect(done.watchMs).toBeGreaterThan(0);
  expect(done.frames.map(({ timestampSeconds }) => timestampSeconds)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]);
  for (const { owners, thumbnail } of done.frames) {
    expect(owners).toHaveLength(assistant.model.patchesPerFrame);
    expect(Math.max(...owners)).toBe(assistant.model.tokensPerFrame - 1);
    expect(thumbnail?.type).toBe("image/jpeg");
  }
  await session.close();
});

it("takes the rate or the number of frames that it is given", async () => {
  const [slow, few] = [
    assistant.watch(sample("one-object.mp4"), { fps: 1 }),
    assistant.watch(sample("one-object.mp4"), { frames: 3 }),
  ];
  const [slowly, fewer] = await Promise.all([ended(slow), ended(few)]);
  expect(slowly.frames.map(({ timestampSeconds }) => timestampSeconds)).toEqual([0, 1, 2, 3]);
  expect(fewer.framesWatched).toBe(3);
  await Promise.all([slow.close(), few.close()]);
});

it("answers while frames still come in, and watches on as if nothing had been asked", async () => {
  const asked = assistant.watch(long);
  await until(asked, ({ framesWatched }) => framesWatched > 0);
  const pieces = await collect(asked.ask("What do you see?"));
  const last = pieces.at(-1);
  expect(last).toMatchObject({ done: true, text: "" });
  expect(last?.figures.tokens).toBeGreaterThan(1);
  expect(last?.figures.frames).toBeGreaterThan(0);
  expect(last?.figures.frames).toBeLessThan(80);
  expect(asked.snapshot.status).toBe("watching");
  asked.resetConversation();
  expect((await ended(asked)).framesWatched).toBe(80);

  const fresh = assistant.watch(long);
  await ended(fresh);
  const question = "What happens in the video?";
  const answer = await ask(fresh, question);
  expect(answer.length).toBeGreaterThan(10);
  expect(await ask(asked, question)).toBe(answer);
  asked.resetConversation();
  expect(await ask(asked, question)).toBe(answer);
  expect(await ask(asked, question, { from: "look-again" })).toBe(await ask(fresh, question, { from: "look-again" }));
  await Promise.all([asked.close(), fresh.close()]);
});

it("answers as of a second as a session does that watched only so far", async () => {
  const file = await (await fetch(long)).blob();
  const short = assistant.watch(file.slice(0, Math.round(file.size * 0.35)));
  const { framesWatched, notices } = await ended(short);
  expect(notices).toMatchObject([{ code: "VideoUnreadable", message: expect.stringContaining("cut off") }]);
  expect(framesWatched).toBeGreaterThan(4);
  expect(framesWatched).toBeLessThan(40);
  const whole = assistant.watch(file);
  await ended(whole);
  const at = (framesWatched - 1) / 2 + 0.1;
  for (const question of ["What do you see?", "What is the background color?"]) {
    for (const from of ["memory", "look-again"] as const) {
      short.resetConversation();
      whole.resetConversation();
      const [expected, found] = [
        await collect(short.ask(question, { from })),
        await collect(whole.ask(question, { from, at })),
      ];
      expect(found.map(({ text }) => text).join("")).toBe(expected.map(({ text }) => text).join(""));
      expect(found.at(-1)?.figures.frames).toBe(framesWatched);
    }
  }
  await Promise.all([short.close(), whole.close()]);
});

it("can be paused, asked, resumed and stopped", async () => {
  const session = assistant.watch(long);
  await until(session, ({ framesWatched }) => framesWatched > 0);
  session.pause();
  const paused = await until(session, ({ status }) => status === "paused");
  expect(paused.framesWatched).toBeLessThan(80);
  expect((await ask(session, "What do you see?")).length).toBeGreaterThan(1);
  expect(session.snapshot.status).toBe("paused");
  const { framesWatched } = session.snapshot;
  session.resume();
  await until(session, (now) => now.framesWatched > framesWatched);
  session.stop();
  const stopped = await ended(session);
  expect(stopped).toMatchObject({ status: "stopped", error: null });
  expect(stopped.framesWatched).toBeLessThan(80);
  expect((await ask(session, "What color is the background?")).length).toBeGreaterThan(1);
  await session.close();
});

it("stops watching through the signal, also when paused", async () => {
  const stop = new AbortController();
  const session = assistant.watch(long, { signal: stop.signal });
  session.pause();
  await until(session, ({ status }) => status === "paused");
  stop.abort();
  expect(await ended(session)).toMatchObject({ status: "stopped" });
  const never = assistant.watch(long, { signal: AbortSignal.abort() });
  expect(await ended(never)).toMatchObject({ status: "stopped", framesWatched: 0 });
  await Promise.all([session.close(), never.close()]);
});

it("fails with a typed error, and watches the next video all the same", async () => {
  const bad: [source: Blob | string, code: string][] = [
    [new Blob([]), "VideoUnreadable"],
    [new Blob(["It was a dark and stormy night."]), "VideoUnreadable"],
    ["http://127.0.0.1:1/none.mp4", "DownloadFailed"],
  ];
  for (const [source, code] of bad) {
    const session = assistant.watch(source);
    expect(await ended(session)).toMatchObject({ status: "failed", error: { code } });
    await session.close();
  }
  const good = assistant.watch(sample("appearing.mp4"));
  expect(await ended(good)).toMatchObject({ status: "done" });
  const question = questionOf("appearing.mp4", "appear");
  expect(await ask(good, question)).toBe(reference("appearing.mp4", question));
  await good.close();
});

it.each([
  ["no rate", { fps: 0 }, "fps"],
  ["a rate that is no number", { fps: Number.NaN }, "fps"],
  ["no frames", { frames: 0 }, "frames"],
  ["half a frame", { frames: 0.5 }, "frames"],
  ["a rate and a number of frames", { fps: 1, frames: 4 }, "frames"],
  ["a budget below nothing", { keepBytes: -1 }, "keepBytes"],
] as [string, WatchOptions, string][])("is refused for %s, by the field's name", async (_what, options, field) => {
  const session = assistant.watch(sample("one-object.mp4"), options);
  const error = { code: "BadRequest", message: expect.stringMatching(new RegExp(`^${field}: `)) };
  expect(await ended(session)).toMatchObject({ status: "failed", error, framesWatched: 0 });
  await expect(ask(session, "What do you see?")).rejects.toMatchObject(error);
  await session.close();
});

it("that was stopped before its first frame has nothing to be asked about, and says so", async () => {
  const session = assistant.watch(long);
  session.stop();
  expect(await ended(session)).toMatchObject({ status: "stopped", framesWatched: 0 });
  for (const options of [{}, { from: "look-again" }, { at: 3 }] as const)
    await expect(ask(session, "What do you see?", options)).rejects.toMatchObject({
      code: "Aborted",
      message: expect.stringMatching(/ended before the first frame/),
    });
  await session.close();
});

it("a question that was stopped while frames are waited for ends at once", async () => {
  const session = assistant.watch(long);
  session.pause();
  const stop = new AbortController();
  const answers = ["What do you see?", "What comes first?"].map((question) =>
    collect(session.ask(question, { signal: stop.signal })),
  );
  stop.abort();
  for (const pieces of await Promise.all(answers))
    expect(pieces).toMatchObject([{ done: true, figures: { tokens: 0 } }]);
  await session.close();
});

it("keeps no more than its budget to be looked at again, evenly over the video, and says so", async () => {
  const frameBytes = 12 * 192 * 2;
  const session = assistant.watch(long, { keepBytes: 10.5 * frameBytes });
  const { kept, framesWatched } = await ended(session);
  expect(framesWatched).toBe(80);
  expect(kept).toEqual({ frames: kept.frames, bytes: kept.frames * frameBytes, budgetBytes: 10.5 * frameBytes });
  expect(kept.frames).toBeGreaterThan(5);
  expect(kept.frames).toBeLessThanOrEqual(10);
  const figures = async (options: AskOptions) =>
    (await collect(session.ask("What do you see?", options))).at(-1)?.figures;
  expect((await figures({ from: "look-again" }))?.frames).toBe(kept.frames);
  expect((await figures({}))?.frames).toBe(80);
  // What of a part is gone is decoded again.
  expect((await figures({ from: "look-again", range: [0, 20] }))?.frames).toBe(41);
  await session.close();
});

it("watches what a source says, whichever way it is given", async () => {
  const url = new URL(sample("one-object.mp4"), location.href);
  const file = await (await fetch(url)).blob();
  const sources: [WatchSource | Blob | URL, string][] = [
    [url, "one-object.mp4"],
    [{ kind: "address", url: sample("one-object.mp4") }, "one-object.mp4"],
    [file, "video"],
    [new File([file], "holiday.mp4"), "holiday.mp4"],
    [{ kind: "file", file, name: "named.mp4" }, "named.mp4"],
  ];
  for (const [source, name] of sources) {
    const session = assistant.watch(source, { frames: 1 });
    expect(await ended(session)).toMatchObject({ status: "done", video: { name }, framesWatched: 1 });
    await session.close();
  }
});
