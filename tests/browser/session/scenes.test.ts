import { afterAll, expect, it } from "vitest";
import { ask, ended, openNano, questionOf, reference, sample, until } from "./session.ts";

const assistant = await openNano();
afterAll(() => assistant.close());

it("each scene has a note of its own, and pinned questions are asked again as scenes end; a person's goes first", async () => {
  const session = assistant.watch(sample("footage.mp4"), { notes: true });
  await until(session, ({ framesWatched }) => framesWatched > 0);
  const pinned = session.pin("Do you see a sword?");
  expect(() => session.pin(" ")).toThrow(/^question: /);
  const asked = ask(session, "Count the shots.");
  await ended(session);
  expect(await asked).not.toBe("");
  const { scenes } = await until(session, (now) => now.scenes.length > 0 && now.notes.length === now.scenes.length);
  expect(scenes.length).toBeGreaterThan(1);
  expect(scenes.map(({ fromSeconds }) => fromSeconds)).toEqual(
    [...scenes.map((s) => s.fromSeconds)].sort((a, b) => a - b),
  );
  for (const [i, { fromSeconds, untilSeconds, text }] of session.snapshot.notes.entries()) {
    expect([fromSeconds, untilSeconds]).toEqual([scenes[i]?.fromSeconds, scenes[i]?.untilSeconds]);
    const last = i + 1 < scenes.length ? untilSeconds - 0.1 : untilSeconds;
    const range = [fromSeconds, last] as const;
    expect(text).toBe(await ask(session, "Describe the video.", { from: "look-again", range }));
  }
  expect(pinned.answers.length).toBeGreaterThan(0);

  const [note] = session.snapshot.notes;
  session.editNote(note?.id ?? 0, "Mine.");
  await until(session, ({ notes }) => notes[0]?.text === "Mine.");
  expect(session.export("vtt")).toContain("Mine.");
  expect(() => session.export("pdf" as "vtt")).toThrow(/^kind: /);

  const opened = await assistant.open(await session.save());
  expect(opened.snapshot.notes).toEqual(session.snapshot.notes);
  expect(opened.snapshot.standing).toEqual(session.snapshot.standing);
  expect(opened.snapshot.scenes).toEqual(scenes);
  pinned.unpin();
  await until(session, ({ standing }) => standing.length === 0);
  for (const each of [opened, session]) await each.close();
});

it("without notes, none is written, and answers are as ever", async () => {
  const session = assistant.watch(sample("one-object.mp4"));
  await ended(session);
  const question = questionOf("one-object.mp4", "caption");
  expect(await ask(session, question)).toBe(reference("one-object.mp4", question));
  expect(session.snapshot).toMatchObject({ notes: [], standing: [], scenes: [{ fromSeconds: 0, untilSeconds: 3.5 }] });
  await session.close();
});
