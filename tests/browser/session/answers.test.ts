import { afterAll, expect, it } from "vitest";
import type { AskOptions } from "../../../src/session/types.ts";
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

it("gives three turns their answers, of either kind", async () => {
  session.resetConversation();
  const turns = ["exist", "background", "where"].map((type) => questionOf(clip, type));
  const [first, second, third] = turns as [string, string, string];
  expect(await ask(session, first)).toBe(reference(clip, first));
  expect(await ask(session, second, { from: "look-again" })).toBe(reference(clip, second, "look-again"));
  expect(await ask(session, third)).toBe(reference(clip, third));
});

it("remembers the turns before, of either kind, until it is told to forget them", async () => {
  // Drawn at a high temperature, an answer shows the slightest change of what the model expects.
  const drawn = () => ask(session, question, { temperature: 4, topP: 1, seed: 1, maxTokens: 12 });
  session.resetConversation();
  const alone = await drawn();
  const seen = new Set([alone]);
  for (const from of ["memory", "look-again"] as const) {
    session.resetConversation();
    await ask(session, questionOf(clip, "background"), { from });
    seen.add(await drawn());
    await ask(session, questionOf(clip, "where"), { from });
    seen.add(await drawn());
    session.resetConversation();
    expect(await drawn()).toBe(alone);
  }
  expect(seen.size).toBeGreaterThanOrEqual(3); // both ways of asking may give the same answer, and so the same turn
  expect(alone.length).toBeGreaterThan(5);
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

it.each(["memory", "look-again"] as const)("ends while a long question is still read: %s", async (from) => {
  session.resetConversation();
  const long = `${question} `.repeat(300);
  const stop = new AbortController();
  const answer = collect(session.ask(long, { from, signal: stop.signal }));
  setTimeout(() => stop.abort()); // behind the question, which is read in many parts
  const pieces = await answer;
  expect(pieces).toMatchObject([{ text: "", done: true, figures: { tokens: 0 } }]);
  // What was read of it is not taken for what was to be read.
  expect(await ask(session, question, { from })).toBe(reference(clip, question, from));
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
  ["an empty question", " \n ", {}, "question"],
  ["a place that is none", question, { from: "hearsay" as "memory" }, "from"],
  ["a second before the first", question, { at: -1 }, "at"],
  ["a second that is no number", question, { at: Number.NaN }, "at"],
  ["a range that ends before it begins", question, { range: [3, 1] }, "range"],
  ["a range and a second", question, { range: [1, 3], at: 2 }, "range"],
  ["a range without a frame", question, { range: [1.1, 1.2] }, "range"],
  ["no tokens", question, { maxTokens: 0 }, "maxTokens"],
  ["half a token", question, { maxTokens: 0.5 }, "maxTokens"],
  ["a temperature below 0", question, { temperature: -1 }, "temperature"],
  ["a top-p above 1", question, { temperature: 1, topP: 2 }, "topP"],
  ["a seed that is no number", question, { seed: Number.NaN }, "seed"],
] as [string, string, AskOptions, string][])(
  "is refused for %s, by the field's name, and the next one comes",
  async (_what, asked, options, field) => {
    session.resetConversation();
    const message = expect.stringMatching(new RegExp(`^${field}: `));
    await expect(ask(session, asked, options)).rejects.toMatchObject({ code: "BadRequest", message });
    expect(await ask(session, question)).toBe(reference(clip, question));
  },
);

it("is refused at once, before the one that is being written has ended", async () => {
  session.resetConversation();
  const stop = new AbortController();
  const writing = ask(session, question, { temperature: 9, topP: 1, maxTokens: 5000, signal: stop.signal });
  let ended = false;
  void writing.then(() => {
    ended = true;
  });
  await expect(ask(session, question, { maxTokens: 0 })).rejects.toMatchObject({ code: "BadRequest" });
  expect(ended).toBe(false);
  stop.abort();
  await writing;
});

it("that waits for its turn ends with its signal, whatever the one before does", async () => {
  session.resetConversation();
  const [first, second] = [new AbortController(), new AbortController()];
  const writing = ask(session, question, { temperature: 9, topP: 1, maxTokens: 5000, signal: first.signal });
  let ended = false;
  void writing.then(() => {
    ended = true;
  });
  const waiting = collect(session.ask(question, { signal: second.signal }));
  second.abort();
  expect(await waiting).toMatchObject([{ text: "", done: true, figures: { tokens: 0 } }]);
  expect(ended).toBe(false);
  first.abort();
  await writing;
});
