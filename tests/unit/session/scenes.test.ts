import { describe, expect, it } from "vitest";
import type { Aside } from "../../../src/session/asking/asking.ts";
import { createNotes } from "../../../src/session/asking/notes.ts";
import { createStanding } from "../../../src/session/asking/standing.ts";
import { createTurns } from "../../../src/session/flow.ts";
import type { FrameRecord } from "../../../src/session/types.ts";

/** A memory of two frames a second that grows, and questions that are answered when the test says so. */
function setUp() {
  const frames: FrameRecord[] = [];
  const sceneStarts: number[] = [];
  type Asked = { question: string; options: Parameters<Aside>[1]; answer(text: string | null, seconds?: number): void };
  const asked: Asked[] = [];
  const ask: Aside = (question, options, onAnswer) =>
    void asked.push({
      question,
      options,
      answer: (text, asOfSeconds = 0) => onAnswer(text === null ? null : { text, asOfSeconds }),
    });
  const watch = (until: number) => {
    for (let index = frames.length; index / 2 < until; index++)
      frames.push({
        index,
        timestampSeconds: index / 2,
        thumbnail: null,
        owners: new Uint16Array(),
        change: 0,
        distance: 0,
      });
  };
  const memory = { timeline: { frames, pictureStep: 1, add: () => undefined }, sceneStarts };
  return { memory, sceneStarts, asked, ask, watch };
}

describe("notes", () => {
  it("are about one scene each, once it has ended, and of the last one once watching has", () => {
    const { memory, sceneStarts, asked, ask, watch } = setUp();
    const notes = createNotes({ memory, ask, everySeconds: 60, saved: [], onChange: () => undefined });
    watch(4);
    notes.update(false);
    expect(asked).toEqual([]);
    sceneStarts.push(5);
    watch(6);
    notes.update(false);
    notes.update(false);
    expect(asked.map(({ options }) => options)).toEqual([{ from: "look-again", range: [0, 2] }]);
    notes.update(true);
    expect(asked.map(({ options }) => options.range)).toEqual([
      [0, 2],
      [2.5, 5.5],
    ]);
    asked[1]?.answer("A cat.");
    asked[0]?.answer("A dog.");
    expect(notes.all).toMatchObject([
      { fromSeconds: 0, untilSeconds: 2.5, text: "A dog.", edited: false },
      { fromSeconds: 2.5, untilSeconds: 5.5, text: "A cat." },
    ]);
  });

  it("of a long scene are about a part of it each", () => {
    const { memory, asked, ask, watch } = setUp();
    const notes = createNotes({ memory, ask, everySeconds: 10, saved: [], onChange: () => undefined });
    for (let until = 4; until <= 36; until += 4) {
      watch(until);
      notes.update(false);
    }
    expect(asked.map(({ options }) => options.range)).toEqual([
      [0, 9.5],
      [10, 19.5],
      [20, 29.5],
    ]);
  });

  it("are edited and removed, and say so; an empty answer is none", () => {
    const { memory, asked, ask, watch } = setUp();
    let changes = 0;
    const notes = createNotes({ memory, ask, everySeconds: 1, saved: [], onChange: () => changes++ });
    watch(4);
    notes.update(true);
    for (const [i, each] of asked.entries()) each.answer(i === 0 ? "" : `Part ${i}.`);
    const [first, second] = notes.all;
    notes.edit(first?.id ?? 0, "Mine.");
    notes.remove(second?.id ?? 0);
    expect(notes.all.map(({ text, edited }) => [text, edited])).toEqual([
      ["Mine.", true],
      ["Part 3.", false],
    ]);
    expect(changes).toBe(5);
  });
});

describe("a standing question", () => {
  it("is asked when pinned and with every scene, waits for its turn once, and notes what changed alone", () => {
    const { asked, ask } = setUp();
    const standing = createStanding({ ask, saved: [], onChange: () => undefined });
    standing.pin(3, "Who is there?");
    standing.update();
    expect(asked).toHaveLength(1);
    asked[0]?.answer("Nobody.", 1);
    for (const [i, text] of ["Nobody.", "A fox.", "A fox.", "Nobody."].entries()) {
      standing.update();
      asked[i + 1]?.answer(text, i + 2);
    }
    expect(standing.all).toEqual([
      {
        id: 3,
        question: "Who is there?",
        answers: [
          { atSeconds: 1, text: "Nobody." },
          { atSeconds: 3, text: "A fox." },
          { atSeconds: 5, text: "Nobody." },
        ],
      },
    ]);
    standing.update();
    standing.unpin(3);
    asked.at(-1)?.answer("Too late.", 9);
    expect(standing.all).toEqual([]);
  });
});

it("a question that was pinned before there was anything to see is asked again", () => {
  const { asked, ask } = setUp();
  const standing = createStanding({ ask, saved: [], onChange: () => undefined });
  standing.pin(1, "Who is there?");
  asked[0]?.answer(null);
  standing.update();
  asked[1]?.answer("A fox.", 2);
  expect(standing.all[0]?.answers).toEqual([{ atSeconds: 2, text: "A fox." }]);
});

describe("turns", () => {
  it("let a person's task go first: what runs beside makes way and begins again", async () => {
    const turns = createTurns();
    const log: string[] = [];
    let begun = 0;
    const ended = new Promise<void>((resolve) =>
      turns.idle(async (signal) => {
        begun++;
        log.push("idle begins");
        if (begun === 1) await new Promise((stopped) => signal.addEventListener("abort", stopped, { once: true }));
        if (signal.aborted) return false;
        log.push("idle ends");
        resolve();
        return true;
      }),
    );
    await Promise.resolve();
    await Promise.all([turns.run(async () => void log.push("first")), turns.run(async () => void log.push("second"))]);
    await ended;
    expect(log).toEqual(["idle begins", "first", "second", "idle begins", "idle ends"]);
    await turns.close();
    turns.idle(async () => log.push("never") > 0);
    await turns.run(async () => undefined);
    expect(log).not.toContain("never");
  });

  it("drop a task beside that fails, and go on with the next", async () => {
    const turns = createTurns();
    let runs = 0;
    turns.idle(async () => {
      runs++;
      throw new Error("again and again");
    });
    await new Promise<void>((resolve) =>
      turns.idle(async () => {
        resolve();
        return true;
      }),
    );
    expect(runs).toBe(1);
  });
});
