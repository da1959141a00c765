import { expect, test } from "vitest";
import { finishedSentences } from "../../../../src/ui/chat/sentences.ts";

test("a sentence is told once it is whole", () => {
  expect(finishedSentences("", false)).toEqual([]);
  expect(finishedSentences("A dog appe", false)).toEqual([]);
  expect(finishedSentences("A dog appears. Then a c", false)).toEqual(["A dog appears."]);
  expect(finishedSentences("A dog appears. Then a cat", true)).toEqual(["A dog appears.", "Then a cat"]);
});
