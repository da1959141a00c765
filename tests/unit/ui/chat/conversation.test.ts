import { expect, test, vi } from "vitest";
import { AuroraError } from "../../../../src/errors.ts";
import { type AnswerPiece, type AskOptions, noFigures } from "../../../../src/session/asking/asked.ts";
import type { Session } from "../../../../src/session/types.ts";
import { createConversation, momentOf, openTurn, type Turn } from "../../../../src/ui/chat/conversation.ts";

type Ask = (question: string, options?: AskOptions) => AsyncGenerator<AnswerPiece, void, void>;

/** As much of a session as a conversation uses. */
function sessionWith(ask: Ask) {
  const resetConversation = vi.fn();
  const session = { ask, resetConversation, snapshot: { watchedUntilSeconds: 2.5 } } as unknown as Session;
  return { session, resetConversation };
}

const figures = { ...noFigures, tokens: 1, firstTokenMs: 10, tokensPerSecond: 20, frames: 5 };
const piece = (text: string, done = false): AnswerPiece => ({ text, done, figures });

test("an answer grows piece by piece and ends with its figures", async () => {
  const { session } = sessionWith(async function* () {
    yield piece("A ");
    yield piece("dog.");
    yield piece("", true);
  });
  const conversation = createConversation(async () => ({ session, modelName: "nano" }));
  const texts: string[] = [];
  conversation.subscribe(() => texts.push(conversation.snapshot[0]?.text ?? ""));
  await conversation.ask("What?", "memory");
  expect(texts).toContain("A ");
  expect(conversation.snapshot).toEqual([
    {
      id: 1,
      question: "What?",
      mode: "memory",
      scope: null,
      text: "A dog.",
      status: "done",
      figures,
      watchedUntilSeconds: 2.5,
      modelName: "nano",
      instead: null,
      error: null,
    },
  ]);
});

test("a question about a part of the video is asked so, with the options of the moment", async () => {
  const asked: unknown[] = [];
  const { session } = sessionWith(async function* (_question, { signal: _, ...options } = {}) {
    asked.push(options);
    yield piece("", true);
  });
  let maxTokens = 8;
  const conversation = createConversation(
    async () => ({ session, modelName: "nano" }),
    () => ({ maxTokens }),
  );
  await conversation.ask("Then?", "memory", { at: 1.5 });
  maxTokens = 9;
  await conversation.ask("There?", "look-again", { range: [1, 2] });
  expect(asked).toEqual([
    { maxTokens: 8, from: "memory", at: 1.5 },
    { maxTokens: 9, from: "look-again", range: [1, 2] },
  ]);
  expect(conversation.snapshot.map(momentOf)).toEqual([1.5, 1]);
});

test("another answer, and another question in its place, are asked behind what the first was asked behind", async () => {
  const asked: unknown[] = [];
  let number = 0;
  const { session } = sessionWith(async function* (question, { signal: _, ...options } = {}) {
    asked.push({ question, ...options });
    yield { text: "So.", done: true, figures: { ...noFigures, turn: ++number } };
  });
  const conversation = createConversation(async () => ({ session, modelName: "nano" }));
  const turnOf = (question: string) => conversation.snapshot.find((turn) => turn.question === question) as Turn;
  await conversation.ask("First?", "memory");
  await conversation.ask("Second?", "memory");
  await conversation.again(turnOf("Second?"));
  await conversation.again(turnOf("Second?"), "Edited?");
  await conversation.again(turnOf("First?"));
  await conversation.again(turnOf("Edited?"));
  await conversation.ask("Last?", "memory");
  expect(asked).toEqual([
    { question: "First?", from: "memory" },
    { question: "Second?", from: "memory" },
    { question: "Second?", from: "memory", branch: 1, temperature: 0.7 },
    { question: "Edited?", from: "memory", branch: 1 },
    { question: "First?", from: "memory", branch: 0, temperature: 0.7 },
    { question: "Edited?", from: "memory", branch: 1, temperature: 0.7 },
    { question: "Last?", from: "memory" },
  ]);
});

test("what another model was asked is asked anew in order, until one is stopped", async () => {
  const asked: string[] = [];
  const { session } = sessionWith(async function* (question) {
    asked.push(question);
    if (question === "Two?" && asked.length > 3) conversation.stop();
    yield piece("", true);
  });
  const conversation = createConversation(async () => ({ session, modelName: "nano" }));
  for (const question of ["One?", "Two?", "Three?"]) await conversation.ask(question, "memory");
  await conversation.askAnew(conversation.snapshot);
  expect(asked).toEqual(["One?", "Two?", "Three?", "One?", "Two?"]);
});

test("a stopped answer keeps what was written, and the next question is answered", async () => {
  const { session } = sessionWith(async function* (question, options) {
    yield piece(`${question} begun`);
    if (question === "First")
      await new Promise((_, reject) =>
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason)),
      );
    yield piece("", true);
  });
  const conversation = createConversation(async () => ({ session, modelName: "nano" }));
  const first = conversation.ask("First", "memory");
  await vi.waitFor(() => expect(conversation.snapshot[0]?.status).toBe("writing"));
  await conversation.ask("Too early", "memory");
  conversation.stop();
  await first;
  await conversation.ask("Second", "look-again");
  expect(conversation.snapshot.map(({ text, status }) => ({ text, status }))).toEqual([
    { text: "First begun", status: "stopped" },
    { text: "Second begun", status: "done" },
  ]);
});

test("a stopped question that is asked again at once is answered, not stopped once more", async () => {
  let calls = 0;
  const { session } = sessionWith(async function* (_, options) {
    calls += 1;
    yield piece(`Answer ${calls}`);
    // The first one takes its time to notice that it was stopped.
    if (calls === 1)
      await new Promise((resolve) => options?.signal?.addEventListener("abort", () => setTimeout(resolve, 30)));
    yield piece("", true);
  });
  const conversation = createConversation(async () => ({ session, modelName: "nano" }));
  const first = conversation.ask("What?", "memory");
  await vi.waitFor(() => expect(conversation.snapshot[0]?.status).toBe("writing"));
  conversation.stop();
  await first;
  const stopped = conversation.snapshot[0];
  expect(stopped?.status).toBe("stopped");
  const again = stopped && conversation.retry(stopped);
  expect(openTurn(conversation.snapshot)).not.toBeNull();
  await again;
  expect(conversation.snapshot.map(({ text, status }) => ({ text, status }))).toEqual([
    { text: "Answer 2", status: "done" },
  ]);
});

test("a failed answer says why and can be asked again in its place", async () => {
  let calls = 0;
  const { session } = sessionWith(async function* () {
    calls += 1;
    if (calls === 1) throw new AuroraError("OutOfMemory", "No memory left.");
    yield piece("Now.", true);
  });
  const conversation = createConversation(async () => ({ session, modelName: "nano" }));
  await conversation.ask("What?", "memory");
  const failed = conversation.snapshot[0];
  expect(failed?.status).toBe("failed");
  expect(failed?.error?.message).toBe("No memory left.");
  if (failed) await conversation.retry(failed);
  expect(conversation.snapshot.map(({ text, error }) => ({ text, error }))).toEqual([{ text: "Now.", error: null }]);
});

test("clearing stops the answer first and makes the session forget afterwards", async () => {
  const order: string[] = [];
  const { session, resetConversation } = sessionWith(async function* (_, options) {
    try {
      yield piece("A");
      await new Promise((_resolve, reject) =>
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason)),
      );
    } finally {
      order.push("ended");
    }
  });
  resetConversation.mockImplementation(() => order.push("reset"));
  const conversation = createConversation(async () => ({ session, modelName: "nano" }));
  const asked = conversation.ask("What?", "memory");
  await vi.waitFor(() => expect(openTurn(conversation.snapshot)?.text).toBe("A"));
  await conversation.clear(session);
  await asked;
  expect(order).toEqual(["ended", "reset"]);
  expect(conversation.snapshot).toEqual([]);
});
