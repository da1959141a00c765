import { afterAll, expect, it } from "vitest";
import { ask, ended, openNano, questionOf, reference, sample } from "../browser/session/session.ts";

const assistant = await openNano();
afterAll(() => assistant.close());

/** Each clip with the types of questions that are asked of it from memory, and by looking again. */
it.each([
  ["one-object.mp4", ["motion", "caption"], ["where"]],
  ["two-objects.mp4", ["relation"], ["size"]],
  ["counting.mp4", ["count"], ["list"]],
  ["appearing.mp4", ["appear"], ["color"]],
  ["footage.mp4", ["cut"], ["shots"]],
  ["sequence.mp4", ["order"], ["background"]],
] as const)("%s is answered as the reference does, word for word", async (clip, memory, again) => {
  const session = assistant.watch(sample(clip));
  expect(await ended(session)).toMatchObject({ status: "done", error: null, notices: [] });
  const asked = [
    ...memory.map((type) => [type, "memory"] as const),
    ...again.map((type) => [type, "look-again"] as const),
  ];
  for (const [type, from] of asked) {
    session.resetConversation();
    const question = questionOf(clip, type);
    expect(await ask(session, question, { from })).toBe(reference(clip, question, from));
  }
  await session.close();
});

it("ends with its buffers and frames as at the start", async () => {
  const before = await assistant.gpuUsage();
  const session = assistant.watch(sample("one-object.mp4"));
  await ended(session);
  await session.close();
  expect(await assistant.gpuUsage()).toEqual(before);
});
