import { afterAll, expect, it } from "vitest";
import { ask, collect, ended, openNano, questionOf, reference, sample } from "./session.ts";

const assistant = await openNano();
const clip = "one-object.mp4";
const question = questionOf(clip, "caption");
const session = assistant.watch(sample(clip));
await ended(session);
afterAll(() => assistant.close());

it("comes in pieces, the last of which has the figures", async () => {
  session.resetConversation();
  const pieces = await collect(session.ask(question));
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.map(({ done }) => done)).toEqual(pieces.map((_, i) => i === pieces.length - 1));
  const { figures } = pieces.at(-1) ?? {};
  expect(figures?.frames).toBe(8);
  expect(figures?.tokens).toBeGreaterThan(5);
  expect(figures?.firstTokenMs).toBeGreaterThan(0);
  expect(figures?.tokensPerSecond).toBeGreaterThan(0);
});

it.each(["memory", "look-again"] as const)("is the reference's, word for word: %s", async (from) => {
  for (const each of [question, questionOf(clip, "motion")]) {
    session.resetConversation();
    expect(await ask(session, each, { from })).toBe(reference(clip, each, from));
  }
});

it("remembers three turns, of either kind", async () => {
  session.resetConversation();
  const turns = ["exist", "background", "where"].map((type) => questionOf(clip, type));
  const [first, second, third] = turns as [string, string, string];
  expect(await ask(session, first)).toBe(reference(clip, first));
  expect(await ask(session, second, { from: "look-again" })).toBe(reference(clip, second, "look-again"));
  expect(await ask(session, third)).toBe(reference(clip, third));
});

it.each(["memory", "look-again"] as const)("ends when its reader leaves, and the next one comes: %s", async (from) => {
  session.resetConversation();
  for await (const piece of session.ask(question, { from })) {
    expect(reference(clip, question, from).startsWith(piece.text.trimStart())).toBe(true);
    break;
  }
  session.resetConversation();
  expect(await ask(session, question, { from })).toBe(reference(clip, question, from));
});

it.each(["memory", "look-again"] as const)("ends through the signal, and the next one comes: %s", async (from) => {
  session.resetConversation();
  const stop = new AbortController();
  let text = "";
  let last = false;
  for await (const piece of session.ask(question, { from, signal: stop.signal })) {
    text += piece.text;
    last = piece.done;
    stop.abort();
  }
  expect(last).toBe(true);
  const whole = reference(clip, question, from);
  expect(text.trim().length).toBeLessThan(whole.length);
  expect(whole.startsWith(text.trim())).toBe(true);
  // What was written stays: the conversation goes on behind it.
  expect((await ask(session, "Is there a fox in the video?", { from })).length).toBeGreaterThan(1);
  session.resetConversation();
  expect(await ask(session, question, { from })).toBe(whole);
});

it("is empty when it was stopped before it began", async () => {
  session.resetConversation();
  const pieces = await collect(session.ask(question, { signal: AbortSignal.abort() }));
  expect(pieces).toMatchObject([{ text: "", done: true, figures: { tokens: 0 } }]);
  expect(await ask(session, question)).toBe(reference(clip, question));
});

it("waits for the one before", async () => {
  session.resetConversation();
  const color = questionOf(clip, "background");
  const both = [ask(session, question), ask(session, color)];
  expect(await Promise.all(both)).toEqual([reference(clip, question), reference(clip, color)]);
});

it("is no longer than asked for", async () => {
  session.resetConversation();
  const pieces = await collect(session.ask(question, { maxTokens: 3 }));
  expect(pieces.at(-1)?.figures.tokens).toBe(3);
});

it("repeats for a seed when it is drawn", async () => {
  const drawn = async (seed: number) => {
    session.resetConversation();
    return await ask(session, question, { temperature: 4, topP: 1, seed, maxTokens: 12 });
  };
  const [first, again, other] = [await drawn(1), await drawn(1), await drawn(2)];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

it.each([
  ["an empty question", " \n ", {}, "Aborted"],
  ["a temperature below 0", question, { temperature: -1 }, "ModelUnsupported"],
  ["a top-p above 1", question, { temperature: 1, topP: 2 }, "ModelUnsupported"],
])("is refused for %s, and the next one comes", async (_what, asked, options, code) => {
  session.resetConversation();
  await expect(ask(session, asked, options)).rejects.toMatchObject({ code });
  expect(await ask(session, question)).toBe(reference(clip, question));
});
