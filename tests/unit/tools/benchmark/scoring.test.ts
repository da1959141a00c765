import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { extractLetter } from "../../../../tools/benchmark/choice-letter.ts";
import { drawFor, reportChoices } from "../../../../tools/benchmark/choices.ts";
import { readActivityNetVerdict, readMovieChatVerdict, reportJudged } from "../../../../tools/benchmark/judged.ts";
import { clusteredMean, meanOfFigures } from "../../../../tools/benchmark/statistics.ts";
import type { Answered, Item, Row } from "../../../../tools/benchmark/task.ts";
import { gradeEgoSchema, readPlace } from "../../../../tools/benchmark/tasks/egoschema.ts";
import { gradeLongVideoBench, readLetter } from "../../../../tools/benchmark/tasks/longvideobench.ts";
import { gradeMlvu } from "../../../../tools/benchmark/tasks/mlvu.ts";
import { gradeMvBench } from "../../../../tools/benchmark/tasks/mvbench.ts";
import { vdc } from "../../../../tools/benchmark/tasks/vdc.ts";
import { gradeVideoMme } from "../../../../tools/benchmark/tasks/videomme.ts";

const fixture = (name: string) => JSON.parse(readFileSync(`tests/fixtures/benchmark/${name}.json`, "utf8"));

type LetterCase = {
  readonly answer: string;
  readonly extracted: string;
  readonly mvbench: readonly number[];
  readonly longvideobench: string | null;
  readonly egoschema: number | null;
};
const { candidates, options, cases } = fixture("letters") as {
  candidates: readonly string[];
  options: readonly string[];
  cases: readonly LetterCase[];
};
const letters = ["A", "B", "C", "D"];

const answered = (answer: string, row: Row, more: Partial<Answered> = {}, video = "v"): Answered => {
  const item: Item = { id: "q", video, group: "g", prompt: "?", at: null, choice: null, row };
  return { item, answer, likelihoods: null, verdict: null, ...more };
};

test("there are 50 answers, and 50 replies of a judge", () => {
  expect(cases).toHaveLength(50);
  expect(fixture("verdicts")).toHaveLength(50);
});

test.each(cases)("reads a letter as lmms-eval does: $answer", (given) => {
  expect(extractLetter(given.answer, letters)).toBe(given.extracted);
  expect(readLetter(given.answer)).toBe(given.longvideobench);
  expect(readPlace(given.answer, options)).toBe(given.egoschema);
  for (const [place, letter] of letters.entries()) {
    const right = Number(given.extracted === letter);
    expect(gradeMlvu(answered(given.answer, { answer: letter }))).toBe(right);
    expect(gradeVideoMme(answered(given.answer, { answer: letter }))).toBe(right);
    const mvBench = gradeMvBench(answered(given.answer, { candidates, answer: candidates[place] }));
    expect(mvBench).toBe(given.answer === "" ? null : given.mvbench[place]);
    const drawn = "ABCDE"[drawFor("q", 4)];
    const chosen = given.longvideobench ?? drawn;
    expect(gradeLongVideoBench(answered(given.answer, { candidates, correct_choice: place }))).toBe(
      Number(chosen === letter),
    );
    const ego = given.egoschema ?? drawFor("q", 5);
    expect(gradeEgoSchema(answered(given.answer, { option: options, answer: String(place) }))).toBe(
      Number(ego === place),
    );
  }
});

test.each(fixture("verdicts") as { reply: string; activitynet: object; moviechat: object; vdc: object }[])(
  "reads a judge's reply as lmms-eval does: $reply",
  async ({ reply, activitynet, moviechat, vdc: rated }) => {
    expect(readActivityNetVerdict(reply)).toEqual(activitynet);
    expect(readMovieChatVerdict(reply)).toEqual(moviechat);
    const item: Item = { ...answered("", {}).item, row: { qa_list: [{ question: "q", answer: "a" }] } };
    const replies = ["p", reply];
    expect(await vdc.judge?.(item, "A cat.", async () => replies.shift() ?? "")).toEqual(rated);
  },
);

test("VDC's judge answers from the caption, and its replies that say neither are left out", async () => {
  const pairs = [1, 2, 3].map((i) => ({ question: `q${i}`, answer: `a${i}` }));
  const item: Item = { ...answered("", {}).item, row: { qa_list: pairs } };
  const replies = ["p1", "{'pred': 'yes', 'score': 4.5}", "p2", "{'pred': 'no', 'score': 1}", "p3", "who knows"];
  const asked: string[] = [];
  const verdict = await vdc.judge?.(item, "A cat.", async (_, user) => {
    asked.push(user);
    return replies[asked.length - 1] ?? "";
  });
  expect(verdict).toEqual({ right: 0.5, score: 2.75 });
  expect(asked[0]).toContain("detailed description: A cat., question: q1");
  expect(asked[1]).toContain("Correct Answer: a1\nPredicted Answer: p1\n");
});

test("standard errors: binomial for one question a video, larger where questions of a video agree", () => {
  const sample = (value: number, cluster: string) => ({ value, cluster });
  const alone = [1, 0, 1, 1].map((value, i) => sample(value, String(i)));
  expect(clusteredMean(alone)).toEqual({ value: 0.75, error: Math.sqrt((0.75 * 0.25) / 4) });
  const together = [sample(1, "a"), sample(1, "a"), sample(0, "b"), sample(0, "b")];
  expect(clusteredMean(together)?.error).toBeCloseTo(Math.sqrt(0.25 / 2), 12);
  expect(clusteredMean([])).toBeNull();
  const figure = (value: number, error: number) => ({ value, error });
  expect(meanOfFigures([figure(10, 3), null, figure(30, 4)])).toEqual({ value: 20, error: 2.5 });
});

test("multiple choice is counted by letter and by likelihood, per token and by sum", () => {
  const likelihoods = [
    { logLikelihood: -4, tokens: 4 },
    { logLikelihood: -3, tokens: 1 },
  ];
  const rows = [answered("A", { answer: "A" }, { likelihoods }), answered("A", { answer: "B" }, { likelihoods }, "w")];
  const report = reportChoices(rows, {
    right: ({ item }) => letters.indexOf(item.row.answer as string),
    letter: gradeVideoMme,
    groups: [],
    total: "questions",
  });
  expect(report.rows).toEqual([
    {
      name: "all",
      n: 2,
      figures: [50, 50, 50].map((value) => ({ value, error: expect.closeTo(50 / Math.SQRT2, 10) })),
    },
  ]);
  const [onlyFirst] = rows as [Answered];
  const first = reportChoices([onlyFirst], {
    right: () => 0,
    letter: () => null,
    groups: [],
    total: "questions",
  });
  expect(first.rows[0]?.figures).toEqual([null, { value: 100, error: 0 }, { value: 0, error: 0 }]);
});

test("answers that no judge saw, or that it gave no yes or no, do not count in the accuracy", () => {
  const verdicts = [{ right: 1, score: 5 }, { right: null, score: 2 }, null];
  const report = reportJudged(
    verdicts.map((verdict, i) => answered("?", {}, { verdict }, String(i))),
    ["g"],
    null,
  );
  expect(report.rows[0]?.figures).toEqual([
    { value: 100, error: 0 },
    { value: 3.5, error: expect.closeTo(1.5 / Math.SQRT2, 12) },
  ]);
  expect(report.notes).toEqual([expect.stringMatching(/^1 of 3 answers have no verdict/)]);
});
