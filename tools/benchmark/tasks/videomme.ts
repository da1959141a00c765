import { extractLetter } from "../choice-letter.ts";
import { optionLetters, reportChoices } from "../choices.ts";
import { textOf, textsOf } from "../read-data.ts";
import type { Answered, Task } from "../task.ts";

const letters = optionLetters.slice(0, 4);

/** Video-MME without subtitles: its Parquet rows; prompt and scoring as lmms-eval 0.7.3 `videomme`. */
export const videoMme: Task = {
  name: "videomme",
  title: "Video-MME",
  sampling: { frames: 48 },
  maxTokens: 16,
  readItems: (files) =>
    files.flatMap(({ path, rows }) =>
      rows.map((row) => {
        const question = textOf(row, "question", path);
        const options = textsOf(row, "options", path);
        return {
          id: textOf(row, "question_id", path),
          video: textOf(row, "videoID", path),
          group: textOf(row, "duration", path),
          prompt:
            "Select the best answer to the following multiple-choice question based on the video and the subtitles. Respond with only the letter (A, B, C, or D) of the correct option." +
            `\n${question}\n${options.join("\n")}\n\nAnswer with the option's letter from the given choices directly.`,
          at: null,
          choice: { question, options: options.map((option) => option.replace(/^[A-D]\.\s*/, "")) },
          row,
        };
      }),
    ),
  report: (answers) =>
    reportChoices(answers, {
      right: ({ item }) => letters.indexOf(item.row.answer as string),
      letter: gradeVideoMme,
      groups: ["short", "medium", "long"],
      total: "questions",
    }),
  paper: {},
};

/** Whether the letter of the answer is the right one. */
export function gradeVideoMme({ answer, item }: Answered): number {
  return Number(extractLetter(answer, letters) === item.row.answer);
}
