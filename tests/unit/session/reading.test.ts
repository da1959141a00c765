import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/model/config.ts";
import {
  type Asked,
  type MemoryView,
  planReading,
  type Reading,
  type Turn,
} from "../../../src/session/asking/reading.ts";
import { memoryPrompt, nextTurnPrompt, sandwichPrompt } from "../../../src/text/prompt.ts";
import { createTokenizer } from "../../../src/text/tokenizer.ts";

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const tokenizer = createTokenizer(readJson("public/models/nano/tokenizer.json"));
const nano = parseConfig(readJson("public/models/nano/config.json")).prompt;
/** A prompt in which every place that can differ does. */
const prompt = {
  ...nano,
  memory: { before: "Video:", betweenFrames: " ", after: "\n{question}\nAnswer:" },
  sandwich: { before: "User: {question}\n", betweenFrames: "\n", after: "\n{question}\n\nAssistant:" },
  nextTurn: "\n\nUser: {question}",
};
const question = "What is it?";

/** Ten frames, two a second, of which every second one is kept. */
const memory: MemoryView = {
  kept: [0, 2, 4, 6, 8],
  times: Array.from({ length: 10 }, (_, i) => i / 2),
  keyStates: [],
  framesRead: 10,
  lines: [],
  decodable: () => false,
};
const all = memory.times.map((_, frame) => frame);

function plan(options: Asked["options"], turns: readonly Turn[] = [], view = memory) {
  return planReading({ question, options, turns }, view, { prompt, tokenizer });
}

const lookedAgain = { start: "empty", said: [], upTo: 8, neighbour: false };

describe("a question from memory", () => {
  it("is read behind all that the memory holds, and no frame again", () => {
    const { after } = memoryPrompt(prompt, tokenizer, question);
    const read = { before: [], betweenFrames: [], after, frames: [], said: [] };
    const expected = { start: "memory", ...read, upTo: null, neighbour: false };
    expect(plan({})).toEqual(expected);
    expect(plan({ from: "memory" })).toEqual(expected);
  });

  it("is read behind the turns before it, however they were asked", () => {
    const turns = [
      { question: "First?", answer: [1, 2, 0] },
      { question: "Second?", answer: [3, 0] },
    ];
    const after = [
      ...memoryPrompt(prompt, tokenizer, "First?").after,
      ...[1, 2, 0],
      ...nextTurnPrompt(prompt, tokenizer, "Second?"),
      ...[3, 0],
      ...nextTurnPrompt(prompt, tokenizer, question),
    ];
    expect(plan({}, turns).after).toEqual(after);
    expect(plan({ at: 9 }, turns).after).toEqual(after);
  });
});

describe("a question that looks again", () => {
  it("stands on both sides of all kept frames, without the turns before", () => {
    const expected = { ...lookedAgain, ...sandwichPrompt(prompt, tokenizer, question), frames: memory.kept };
    expect(plan({ from: "look-again" })).toEqual(expected);
    expect(plan({ from: "look-again" }, [{ question: "First?", answer: [1] }])).toEqual(expected);
    expect(plan({ from: "look-again", at: 2.2 })).toMatchObject({ frames: [0, 2, 4], upTo: 4 });
  });

  it("takes the frames from before a memory was opened from the file, where there is one", () => {
    const opened = { ...memory, kept: [6, 8] };
    expect(plan({ from: "look-again" }, [], opened).frames).toEqual([6, 8]);
    const frames = [0, 1, 2, 3, 4, 5, 6, 8];
    expect(plan({ from: "look-again" }, [], { ...opened, decodable: () => true }).frames).toEqual(frames);
  });
});

describe("a question about a range", () => {
  it.each([
    [{ range: [1, 3] }, [2, 4, 6], [2, 3, 4, 5, 6]],
    [{ range: [3.9, 4] }, [8], [8]],
    [{ range: [0, 0] }, [0], [0]],
  ] as [Asked["options"], number[], number[]][])(
    "is read with its kept frames alone, or with all that can be decoded again: %o",
    (options, kept, again) => {
      for (const [view, frames] of [
        [memory, kept],
        [{ ...memory, decodable: () => true }, again],
      ] as const) {
        const expected = { start: "empty", frames, said: [], upTo: frames.at(-1), neighbour: false };
        expect(plan(options, [], view)).toEqual({ ...memoryPrompt(prompt, tokenizer, question), ...expected });
        const sandwich = { ...sandwichPrompt(prompt, tokenizer, question), ...expected };
        expect(plan({ ...options, from: "look-again" }, [], view)).toEqual(sandwich);
      }
    },
  );

  it.each([
    [{ range: [0.5, 0.9] }, /^range: no frame from 0\.5 s to 0\.9 s/],
    [{ range: [50, 60] }, /^range: /],
  ] as [Asked["options"], RegExp][])("is refused where there is no frame: %o", (options, message) => {
    expect(() => plan(options)).toThrow(expect.objectContaining({ code: "BadRequest" }));
    expect(() => plan(options)).toThrow(message);
  });
});

describe("what was said between the frames", () => {
  const spoken = (before: number, untilSeconds: number, text: string) => ({
    before,
    fromSeconds: untilSeconds - 0.5,
    untilSeconds,
    text,
  });
  const [early, late, last] = [spoken(2, 0.9, "early"), spoken(7, 3.2, "late"), spoken(10, 4.6, "last")];
  const heard: MemoryView = { ...memory, kept: all, keyStates: [4], lines: [early, late, last] };
  it.each([
    ["is in the memory's state already", {}, "memory", []],
    ["is read again with the frames", { from: "look-again" }, "empty", [early, late, last]],
    ["is read up to the moment", { from: "look-again", at: 4 }, "empty", [early, late]],
    ["is read within a range, both ends included", { range: [0.9, 3.2] }, "empty", [early, late]],
    ["is read behind a key state", { at: 4 }, { keyState: 4 }, [late]],
    ["is read up to a moment at which the state knows more", { at: 4.5 }, { keyState: 4 }, [late]],
    ["is read behind a frame that none follows", { at: 4.6 }, "memory", []],
    ["is left out before the moment that it ended", { at: 3.1 }, { keyState: 4 }, []],
  ] as [string, Asked["options"], Reading["start"], Reading["said"]][])("%s", (_, options, start, said) => {
    expect(plan(options, [], heard)).toMatchObject({ start, said, neighbour: false });
  });
});

describe("a question as of a moment", () => {
  const { before, betweenFrames, after } = memoryPrompt(prompt, tokenizer, question);
  const cases: [string, number, Partial<MemoryView>, Partial<Reading>][] = [
    ["from the state itself at the end", 4.5, {}, { start: "memory", frames: [], upTo: 9 }],
    ["from the state itself behind the end", 1e9, {}, { start: "memory", frames: [], upTo: 9 }],
    [
      "from nothing where there is no key state before",
      1.2,
      { kept: all },
      { start: "empty", frames: [0, 1, 2], upTo: 2 },
    ],
    [
      "from the nearest key state before, and the frames up to it",
      3.1,
      { kept: [5, 6], keyStates: [1, 4, 8] },
      { start: { keyState: 4 }, frames: [5, 6], upTo: 6 },
    ],
    [
      "from a key state alone that lies there",
      2,
      { kept: [], keyStates: [1, 4] },
      { start: { keyState: 4 }, frames: [] },
    ],
    [
      "with frames that are decoded again",
      3,
      { kept: [5], keyStates: [4], decodable: () => true },
      { start: { keyState: 4 }, frames: [5, 6], neighbour: false },
    ],
    [
      "from the nearest key state before where they are gone",
      3,
      { kept: [5], keyStates: [1, 4, 8] },
      { start: { keyState: 4 }, frames: [], upTo: 4, neighbour: true },
    ],
    [
      "from the first key state where there is none before",
      1,
      { kept: [], keyStates: [4, 8] },
      { start: { keyState: 4 }, frames: [], upTo: 4, neighbour: true },
    ],
    [
      "from the state itself where there is none at all",
      1,
      { kept: [] },
      { start: "memory", upTo: 9, neighbour: true },
    ],
    [
      "behind the frames that the timeline has, while a batch is on its way",
      9,
      { kept: all, keyStates: [7], framesRead: 18 },
      { start: { keyState: 7 }, frames: [8, 9], upTo: 9 },
    ],
  ];

  it.each(cases)("is read %s", (_, at, view, expected) => {
    const reading = plan({ at }, [], { ...memory, ...view });
    expect(reading).toMatchObject({ neighbour: false, ...expected, after });
    expect(reading.before).toEqual(reading.start === "empty" ? before : []);
    if (reading.frames.length > 0) expect(reading.betweenFrames).toEqual(betweenFrames);
  });

  it("is refused before the first frame", () => {
    const times = memory.times.map((time) => time + 1);
    expect(() => plan({ at: 0.9 }, [], { ...memory, times })).toThrow(/^at: no frame up to 0\.9 s/);
    expect(() => plan({ at: 1 }, [], { ...memory, times: [] })).toThrow(/^at: no frame up to 1 s/);
  });
});
