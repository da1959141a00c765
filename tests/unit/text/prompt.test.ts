import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/model/config.ts";
import type { PromptConfig } from "../../../src/model/prompt-config.ts";
import {
  cleanQuestion,
  largestPromptId,
  memoryLeadIn,
  memoryPrompt,
  nextTurnPrompt,
  sandwichPrompt,
  speechPrompt,
} from "../../../src/text/prompt.ts";
import { createTokenizer, type Tokenizer } from "../../../src/text/tokenizer.ts";

/** Questions and ids that the embedded model's training code wrote. */
const cases: { question: string; ids: number[] }[] = readJson("tests/fixtures/text/prompt-cases.json");
const tokenizer = createTokenizer(readJson("public/models/nano/tokenizer.json"));
const { prompt } = parseConfig(readJson("public/models/nano/config.json"));

const withSpaces: PromptConfig = {
  ...prompt,
  memory: { before: "Video:", betweenFrames: " ", after: "\n{question}\nAnswer:" },
  sandwich: { before: "User: {question}\n", betweenFrames: " ", after: "\n{question} {question}\n\nAssistant:" },
  nextTurn: "<|endoftext|>\n{question}<image>",
};

describe("prompts", () => {
  test("are those of the training code", () => {
    expect(cases).toHaveLength(5);
    for (const { question, ids } of cases) {
      expect(memoryPrompt(prompt, tokenizer, question)).toEqual({ before: [], betweenFrames: [], after: ids });
      expect(nextTurnPrompt(prompt, tokenizer, question)).toEqual(ids);
      const sandwich = sandwichPrompt(prompt, tokenizer, ` ${question}\r\n\r\n`);
      expect(sandwich).toEqual({ before: tokenizer.encode(`${question}\n`), betweenFrames: [], after: ids });
    }
  });

  test("fill in every place of the question, each text by itself", () => {
    expect(sandwichPrompt(withSpaces, tokenizer, "Why?")).toEqual({
      before: tokenizer.encode("User: Why?\n"),
      betweenFrames: tokenizer.encode(" "),
      after: tokenizer.encode("\nWhy? Why?\n\nAssistant:"),
    });
  });

  test("have what was said in place of what stands between frames, its lines as one", () => {
    const speaking = { ...withSpaces, speech: "<image>Spoken: {speech}\n" };
    const image = tokenizer.specialTokens.get("<image>");
    const lines = ["Come in.", " Sit\r\n\r\ndown, <image>. "];
    const expected = [
      ...(image === undefined ? [] : [image]),
      ...tokenizer.encode("Spoken: Come in. Sit\ndown, <image>.\n"),
    ];
    expect(speechPrompt(speaking, tokenizer, lines)).toEqual(
      image === undefined ? tokenizer.encode("<image>Spoken: Come in. Sit\ndown, <image>.\n") : expected,
    );
    expect(speechPrompt(withSpaces, tokenizer, lines)).toEqual([]);
  });

  test("begin with what was read before the question was known", () => {
    const { before, betweenFrames } = memoryPrompt(withSpaces, tokenizer, "Why?");
    expect(memoryLeadIn(withSpaces, tokenizer)).toEqual({ before, betweenFrames });
    expect(before).toEqual(tokenizer.encode("Video:"));
  });

  test.each(["$& $1 $$ $`", "{question}", "a {question} b", "\\n"])("take the question %s as it is", (question) => {
    const expected = tokenizer.encode(["\n", question, "\nAnswer:"].join(""));
    expect(memoryPrompt(prompt, tokenizer, question).after).toEqual(expected);
  });

  test("have a largest id, in whichever template it is", () => {
    const plain = largestPromptId(withSpaces, tokenizer);
    expect(plain).toBe(Math.max(...tokenizer.encode("Video: User:\n\nAssistant:\nAnswer:")));
    for (const text of ["before", "betweenFrames", "after"] as const) {
      const image = { ...withSpaces, sandwich: { ...withSpaces.sandwich, [text]: "{question}<image>" } };
      const marked: Tokenizer = { ...tokenizer, specialTokens: new Map([["<image>", 5000]]) };
      expect(largestPromptId(image, marked)).toBe(5000);
    }
  });

  test("hold special tokens where the template names them, not where the question does", () => {
    const ids = nextTurnPrompt(withSpaces, tokenizer, "a <image> <|endoftext|>");
    expect(ids).toEqual([0, ...tokenizer.encode("\na <image> <|endoftext|>"), 1]);
    expect(ids.filter((id) => id < 2)).toEqual([0, 1]);
  });
});

test.each([
  ["  What?  ", "What?"],
  ["a\r\nb\rc", "a\nb\nc"],
  ["a\n\n\nb\r\n\r\nc", "a\nb\nc"],
  ["\n\n a \n\n", "a"],
  ["a  b\tc", "a  b\tc"],
  [" \n ", ""],
])("cleans %j to %j", (question, cleaned) => {
  expect(cleanQuestion(question)).toBe(cleaned);
});

function readJson(path: string) {
  return JSON.parse(readFileSync(path, "utf8"));
}
