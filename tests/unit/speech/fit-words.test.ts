import { expect, it } from "vitest";
import { fitWords } from "../../../src/speech/fit-words.ts";

const word = (startSeconds: number, endSeconds: number, text = "w") => ({ text, startSeconds, endSeconds });
const times = (words: ReturnType<typeof fitWords>) => words.map((each) => [each.startSeconds, each.endSeconds]);

it("a word before a pause ends with it, one after it begins after it", () => {
  const words = [word(1, 2), word(2, 5.1), word(5.1, 6)];
  expect(times(fitWords(words, { from: 1, to: 6 }, [{ from: 3, to: 5 }]))).toEqual([
    [1, 2],
    [2, 3],
    [5.1, 6],
  ]);
  expect(times(fitWords([word(2, 2.9), word(4, 5.4)], { from: 1, to: 6 }, [{ from: 3, to: 5 }]))).toEqual([
    [2, 2.9],
    [5, 5.4],
  ]);
});

it("nothing is said before speech begins, after it ends, or before what was said before", () => {
  expect(times(fitWords([word(0.2, 1.4), word(1.2, 1.1), word(6.5, 9)], { from: 1, to: 6 }, []))).toEqual([
    [1, 1.4],
    [1.2, 1.2],
    [6, 6],
  ]);
});
