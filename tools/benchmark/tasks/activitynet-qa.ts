import { ToolError } from "../../run-tool.ts";
import { askMatch, questionAndAnswer, readActivityNetVerdict, reportJudged } from "../judged.ts";
import { textOf } from "../read-data.ts";
import type { DataFile, Item, Row, Task } from "../task.ts";

/**
 * ActivityNet-QA: lmms-eval's rows (video_name, question, answer, question_id, type), or the authors' `test_q.json` and
 * `test_a.json`, which are joined by question_id. Prompt and scoring as lmms-eval 0.7.3 `activitynetqa`.
 */
export const activityNetQa: Task = {
  name: "activitynet-qa",
  title: "ActivityNet-QA",
  sampling: { fps: 1 },
  maxTokens: 64,
  readItems(files) {
    return joinAnswers(files).map(({ row, path }): Item => {
      const name = textOf(row, "video_name", path);
      const question = textOf(row, "question", path);
      return {
        id: textOf(row, "question_id", path),
        video: name.startsWith("v_") ? name : `v_${name}`,
        group: "ActivityNet-QA",
        prompt: `${capitalize(question)}? Answer the question using a single word or phrase.`,
        at: null,
        choice: null,
        row,
      };
    });
  },
  report: (answers) => reportJudged(answers, ["ActivityNet-QA"], null),
  paper: { "ActivityNet-QA": [60.0, null] },
  /** As Video-ChatGPT's `evaluate_activitynet_qa.py --pred_path` reads it. */
  foreignFiles: (answers) => [
    {
      name: "activitynet-qa-predictions.json",
      content: JSON.stringify(
        answers.map(({ item: { row }, answer }) => ({
          video_name: row.video_name,
          question_id: row.question_id,
          type: row.type,
          Q: row.question,
          A: row.answer,
          pred: answer,
        })),
        null,
        1,
      ),
    },
  ],
  async judge(item, said, ask) {
    const { question, answer } = questionAndAnswer(item);
    return readActivityNetVerdict(await askMatch(ask, question, answer, said, 64));
  },
};

type Placed = { readonly row: Row; readonly path: string };

function joinAnswers(files: readonly DataFile[]): Placed[] {
  const placed = files.flatMap(({ rows, path }) => rows.map((row) => ({ row, path })));
  const asked = placed.filter(({ row }) => "question" in row);
  const answers = new Map(placed.filter(({ row }) => !("question" in row)).map(({ row }) => [row.question_id, row]));
  return asked.map(({ row, path }) => {
    const answer = "answer" in row ? row : answers.get(row.question_id);
    if (!answer) throw new ToolError(`${path}: question ${String(row.question_id)} has no answer in any file.`);
    return { row: { ...answer, ...row }, path };
  });
}

/** As Python's `capitalize`: the first letter large, all others small. */
function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();
}
