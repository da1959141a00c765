import { drawFor, optionLetters, reportChoices } from "../choices.ts";
import { textOf } from "../read-data.ts";
import type { Answered, Row, Task } from "../task.ts";

/**
 * LongVideoBench (validation, videos without subtitles): its Parquet rows (option0 to option4) or `lvb_val.json` (candidates).
 * Prompt and scoring as lmms-eval 0.7.3 `longvideobench_val_v`; where no letter can be read one is drawn, here by the
 * question's id, so that it is the same in every run.
 */
export const longVideoBench: Task = {
  name: "longvideobench",
  title: "LongVideoBench",
  sampling: { frames: 48 },
  maxTokens: 32,
  readItems: (files) =>
    files.flatMap(({ path, rows }) =>
      rows.map((row) => {
        const question = textOf(row, "question", path);
        const options = optionsOf(row);
        const listed = options.map((option, i) => `${optionLetters[i]}. ${option}`).join("\n");
        return {
          id: textOf(row, "id", path),
          video: textOf(row, "video_path", path),
          group: textOf(row, "duration_group", path),
          prompt: `${question}\n${listed}\nAnswer with the option's letter from the given choices directly.\n`,
          at: null,
          choice: { question, options },
          row,
        };
      }),
    ),
  report: (answers) =>
    reportChoices(answers, {
      right: ({ item }) => Number(item.row.correct_choice),
      letter: gradeLongVideoBench,
      groups: ["15", "60", "600", "3600"],
      total: "questions",
    }),
  paper: {},
};

function optionsOf(row: Row): string[] {
  if (Array.isArray(row.candidates)) return row.candidates as string[];
  const given = [0, 1, 2, 3, 4].map((i) => row[`option${i}`]);
  return given.filter((option) => typeof option === "string" && option !== "N/A") as string[];
}

/** Whether the letter of the answer, or the one drawn where it has none, is the right one. */
export function gradeLongVideoBench({ answer, item }: Answered): number {
  const drawn = optionLetters[drawFor(item.id, optionsOf(item.row).length)];
  return Number((readLetter(answer) ?? drawn) === optionLetters[Number(item.row.correct_choice)]);
}

const leads = [
  ...["The best answer is", "The correct answer is", "The answer is", "The answer", "The best option is"],
  ...["The correct option is", "Best answer:", "Best option:"],
];

/** The first of the letters A to E after such words as "The answer is" are taken out; null where there is none. */
export function readLetter(answer: string): string | null {
  let text = answer.trim();
  for (const lead of leads) text = text.replaceAll(lead, "");
  return /[ABCDE]/.exec(text)?.[0] ?? null;
}
