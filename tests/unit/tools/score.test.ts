import { expect, test } from "vitest";
import { scoreAnswers } from "../../../tools/score.ts";

const asked = (type: string, said: string, answer: string, ...accepted: string[]) => ({ type, said, answer, accepted });

test("counts answers that equal the true one, or an accepted one, in every letter", () => {
  const score = scoreAnswers([
    asked("list", "A hat.", "A hat."),
    asked("list", " A hat.\n", "A cap.", "A hood.", "A hat."),
    asked("list", "a hat.", "A hat."),
    asked("list", "A hat", "A hat."),
    asked("exist", "I am not sure.", "Yes."),
    asked("unsure", "I am not sure.", "I am not sure."),
  ]);
  expect(score).toEqual({
    macro: 0.5,
    n: 6,
    accuracy: 0.5,
    error: Math.sqrt(0.25 / 6),
    byType: {
      exist: { n: 1, accuracy: 0, error: 0 },
      list: { n: 4, accuracy: 0.5, error: 0.25 },
      unsure: { n: 1, accuracy: 1, error: 0 },
    },
    falseUnsure: 0.2,
  });
  expect(Object.keys(score.byType)).toEqual(["exist", "list", "unsure"]);
});

test("weighs types alike in the mean over them", () => {
  const many = Array.from({ length: 9 }, () => asked("list", "A hat.", "A hat."));
  const score = scoreAnswers([...many, asked("when", "Never.", "Now.")]);
  expect(score).toMatchObject({ macro: 0.5, accuracy: 0.9, n: 10 });
});

test("finds no false doubt where there is nothing to be sure of", () => {
  expect(scoreAnswers([asked("unsure", "I am not sure.", "I am not sure.")]).falseUnsure).toBe(0);
});
