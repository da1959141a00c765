import { clusteredMean, meanOfFigures } from "./statistics.ts";
import type { Answered, Figure, Report, TableRow } from "./task.ts";

/** Letters of options in order. */
export const optionLetters = ["A", "B", "C", "D", "E", "F", "G", "H"];

/** What an answer's letter is worth: 1 right, 0 wrong, null where the rule of the benchmark leaves it out. */
type Grade = (answered: Answered) => number | null;

/** How a task of multiple choice is counted. */
type Counting = {
  /** Place of the right option; null where the data set keeps it to itself. */
  readonly right: (answered: Answered) => number | null;
  readonly letter: Grade;
  /** Names of rows in their order; those of other groups follow. */
  readonly groups: readonly string[];
  /** The last row: all questions alike, or the mean of the groups. */
  readonly total: "questions" | "groups";
};

/** Columns by letter and by likelihood: a row for each group, then all. */
export function reportChoices(answers: readonly Answered[], counting: Counting): Report {
  const present = [...new Set(answers.map(({ item }) => item.group))];
  const groups = [...counting.groups.filter((group) => present.includes(group)), ...present].filter(
    (group, i, all) => all.indexOf(group) === i,
  );
  const rows = groups.map((group) =>
    toRow(
      group,
      answers.filter(({ item }) => item.group === group),
      counting,
    ),
  );
  const all = toRow("all", answers, counting);
  const means = all.figures.map((_, column) => meanOfFigures(rows.map(({ figures }) => figures[column] ?? null)));
  const total = counting.total === "groups" ? { ...all, name: "mean", figures: means } : all;
  return {
    columns: ["by letter", "by likelihood", "likelihood, sum"],
    rows: groups.length > 1 || counting.total === "groups" ? [...rows, total] : [total],
    notes: [
      "By likelihood: the option whose tokens are the likeliest on average after the question alone (as lmms-eval's egoschema_mcppl); the last column takes the sum over its tokens.",
    ],
  };
}

function toRow(name: string, answers: readonly Answered[], { right, letter }: Counting): TableRow {
  const graded = (grade: Grade): Figure | null =>
    clusteredMean(
      answers.flatMap((each) => {
        const value = grade(each);
        return value === null ? [] : [{ value: 100 * value, cluster: each.item.video }];
      }),
    );
  const likeliest = (mean: boolean) => (each: Answered) => {
    const [chosen, wanted] = [chooseLikeliest(each, mean), right(each)];
    return chosen === null || wanted === null ? null : Number(chosen === wanted);
  };
  return { name, n: answers.length, figures: [graded(letter), graded(likeliest(true)), graded(likeliest(false))] };
}

/** Place of the option that the model holds likeliest, by the mean over its tokens or by their sum; null where it was not asked. */
export function chooseLikeliest({ likelihoods }: Answered, mean = true): number | null {
  if (!likelihoods) return null;
  const values = likelihoods.map(({ logLikelihood, tokens }) => logLikelihood / (mean ? Math.max(1, tokens) : 1));
  return values.indexOf(Math.max(...values));
}

/** A number of 0 to `count` − 1 that looks drawn, and is always the same for the same text (FNV-1a). */
export function drawFor(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % count;
}
