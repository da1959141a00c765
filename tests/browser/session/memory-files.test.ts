import { afterAll, expect, it } from "vitest";
import type { Session } from "../../../src/session/types.ts";
import soundUrl from "../../fixtures/sound/aac.mp4?url";
import { ask, ended, openNano, questionOf, reference, sample, until } from "./session.ts";

const assistant = await openNano();
afterAll(() => assistant.close());

const clip = "one-object.mp4";
const question = questionOf(clip, "caption");
/** Drawn at a high temperature, an answer shows the slightest change of what the model expects. */
const drawn = { temperature: 4, topP: 1, seed: 7, maxTokens: 12 };

it("saved, closed and opened, a session answers word for word as before, and tells what was asked", async () => {
  const session = assistant.watch(sample(clip));
  await ended(session);
  const asked = await ask(session, question);
  expect(asked).toBe(reference(clip, question));
  const exact = await ask(session, question, { ...drawn, branch: 0 });
  const before = session.snapshot;
  const file = await session.save();
  await session.close();
  expect(file.size).toBeLessThan(1_000_000);

  const opened = await assistant.open(file);
  const { snapshot } = opened;
  expect(snapshot).toMatchObject({ status: "done", framesWatched: 8, watchedUntilSeconds: 4 });
  expect(snapshot.video).toMatchObject({ name: clip, durationSeconds: before.video?.durationSeconds });
  expect(snapshot.turns).toEqual(before.turns);
  expect(snapshot.frames.map(({ timestampSeconds }) => timestampSeconds)).toEqual(
    before.frames.map(({ timestampSeconds }) => timestampSeconds),
  );
  expect(snapshot.frames[0]?.thumbnail?.size).toBe(before.frames[0]?.thumbnail?.size);
  expect(await ask(opened, question)).toBe(asked);
  expect(await ask(opened, question, { ...drawn, branch: 0 })).toBe(exact);
  await expect(ask(opened, question, { from: "look-again" })).rejects.toMatchObject({ code: "BadRequest" });
  await opened.close();
});

it("watching goes on where it was left with the same video, and behind it with another one", async () => {
  const whole = assistant.watch(sample(clip));
  await ended(whole);
  const session = assistant.watch(sample(clip));
  await until(session, ({ framesWatched }) => framesWatched > 0);
  session.stop();
  const { framesWatched } = await ended(session);
  const file = await session.save();
  await session.close();

  const same = await assistant.open(file, { video: sample(clip) });
  expect(same.snapshot.framesWatched).toBe(framesWatched);
  const end = await ended(same);
  expect(end).toMatchObject({ status: "done", framesWatched: 8, watchedUntilSeconds: 4 });
  expect(times(same)).toEqual(times(whole));
  expect(await ask(same, question, drawn)).toBe(await ask(whole, question, drawn));
  // What was seen before the file was saved is decoded again.
  const again = { from: "look-again" } as const;
  expect(await ask(same, question, again)).toBe(reference(clip, question, "look-again"));
  const finished = await same.save();
  for (const each of [same, whole]) await each.close();

  const next = await assistant.open(finished, { video: sample("counting.mp4") });
  expect(await ended(next)).toMatchObject({
    status: "done",
    framesWatched: 16,
    framesPlanned: 16,
    watchedUntilSeconds: 8,
  });
  expect(times(next).slice(8)).toEqual(
    times(next)
      .slice(0, 8)
      .map((seconds) => seconds + 4),
  );
  const other = questionOf("counting.mp4", "caption");
  expect(await ask(next, other, { range: [4, 8] })).toBe(reference("counting.mp4", other));
  await next.close();
});

const times = (session: Session) => session.snapshot.frames.map(({ timestampSeconds }) => timestampSeconds);

it("a next part is heard behind what was seen before it, and nothing where there is no video", async () => {
  const listen = true;
  const sound = await (await fetch(soundUrl)).blob();
  const alone = assistant.watch(sound, { listen });
  const heard = await until(alone, ({ transcript }) => transcript.status === "done");
  await ended(alone);
  await alone.close();
  const session = assistant.watch(sample(clip));
  await ended(session);
  const file = await session.save();
  await session.close();

  const next = await assistant.open(file, { video: sound, listen });
  const { transcript } = await until(next, (now) => now.transcript.status === "done");
  for (const key of ["durationSeconds", "heardUntilSeconds"] as const)
    expect(transcript[key]).toBeCloseTo(4 + (heard.transcript[key] ?? Number.NaN), 2);
  await next.close();
  const nothing = await assistant.open(file, { listen });
  await until(nothing, (now) => now.transcript.status === "no-sound");
  await nothing.close();
});

it("is saved while it watches, and watches on", async () => {
  const session = assistant.watch(sample("footage.mp4"));
  await until(session, (now) => now.framesWatched > 0);
  const files = [await session.save(), await session.save()];
  expect((await ended(session)).framesWatched).toBe(16);
  for (const file of files) {
    const opened = await assistant.open(file);
    expect(opened.snapshot.framesWatched).toBeGreaterThan(0);
    await opened.close();
  }
  await session.close();
});

it("a file that is none is refused with a sentence, and so is saving nothing; all goes on as before", async () => {
  const session = assistant.watch(sample(clip));
  const none = assistant.watch(new Blob(["no video"]));
  await ended(none);
  await expect(none.save()).rejects.toMatchObject({ code: "BadRequest" });
  await expect(assistant.open(new Blob(["no memory"]))).rejects.toMatchObject({ code: "MemoryUnreadable" });
  await expect(assistant.open("here" as unknown as Blob)).rejects.toMatchObject({ code: "BadRequest" });
  await ended(session);
  expect(await ask(session, question)).toBe(reference(clip, question));
  for (const each of [none, session]) await each.close();
});
