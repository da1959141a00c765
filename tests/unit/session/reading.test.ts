import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/model/config.ts";
import { type Asked, planReading, type Turn } from "../../../src/session/reading.ts";
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
const memory = { kept: [0, 2, 4, 6, 8], times: Array.from({ length: 10 }, (_, i) => i / 2) };

function plan(options: Asked["options"], turns: readonly Turn[] = [], view = memory) {
  return planReading({ question, options, turns }, view, { prompt, tokenizer });
}

describe("a question from memory", () => {
  it("is read behind all that the memory holds, and no frame again", () => {
    const { after } = memoryPrompt(prompt, tokenizer, question);
    const expected = { start: "memory", before: [], betweenFrames: [], after, frames: [] };
    expect(plan({})).toEqual(expected);
    expect(plan({ from: "memory" })).toEqual(expected);
  });

  it("is read behind the turns before it, however they were asked", () => {
    const turns = [
      { question: "First?", answer: [1, 2, 0] },
      { question: "Second?", answer: [3, 0] },
    ];
    expect(plan({}, turns).after).toEqual([
      ...memoryPrompt(prompt, tokenizer, "First?").after,
      ...[1, 2, 0],
      ...nextTurnPrompt(prompt, tokenizer, "Second?"),
      ...[3, 0],
      ...nextTurnPrompt(prompt, tokenizer, question),
    ]);
  });
});

describe("a question that looks again", () => {
  it("stands on both sides of all kept frames, without the turns before", () => {
    const expected = { start: "empty", ...sandwichPrompt(prompt, tokenizer, question), frames: memory.kept };
    expect(plan({ from: "look-again" })).toEqual(expected);
    expect(plan({ from: "look-again" }, [{ question: "First?", answer: [1] }])).toEqual(expected);
  });
});

describe("a question about a part", () => {
  it.each([
    [{ at: 0 }, [0]],
    [{ at: 1.9 }, [0, 2]],
    [{ at: 2 }, [0, 2, 4]],
    [{ at: 1e9 }, memory.kept],
    [{ range: [1, 3] }, [2, 4, 6]],
    [{ range: [3.9, 4] }, [8]],
    [{ range: [0, 0] }, [0]],
  ] as [Asked["options"], number[]][])("is read with the kept frames of that part: %o", (options, frames) => {
    expect(plan(options)).toEqual({ start: "empty", ...memoryPrompt(prompt, tokenizer, question), frames });
    const sandwich = { start: "empty", ...sandwichPrompt(prompt, tokenizer, question), frames };
    expect(plan({ ...options, from: "look-again" })).toEqual(sandwich);
  });

  it.each([
    [{ range: [0.5, 0.9] }, /^range: no frame from 0\.5 s to 0\.9 s/],
    [{ range: [50, 60] }, /^range: /],
  ] as [Asked["options"], RegExp][])("is refused where there is no frame: %o", (options, message) => {
    expect(() => plan(options)).toThrow(expect.objectContaining({ code: "BadRequest" }));
    expect(() => plan(options)).toThrow(message);
  });

  it("knows nothing of frames that the timeline has not yet", () => {
    const view = { kept: [0, 2, 4], times: [0, 0.5, 1] };
    expect(plan({ at: 9 }, [], view).frames).toEqual([0, 2]);
    expect(() => plan({ at: 1 }, [], { kept: [], times: [] })).toThrow(/^at: no frame up to 1 s/);
  });
});
