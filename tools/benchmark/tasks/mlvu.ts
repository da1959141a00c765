import { basename } from "node:path";
import { extractLetter } from "../choice-letter.ts";
import { optionLetters, reportChoices } from "../choices.ts";
import { textOf, textsOf } from "../read-data.ts";
import type { Answered, DataFile, Item, Row, Task } from "../task.ts";

const types = ["topic_reasoning", "anomaly_reco", "needle", "ego", "plotQA", "order", "count"];
const letters = optionLetters.slice(0, 4);

/**
 * MLVU (dev): lmms-eval's rows (video_name, question with its options, answer as a letter, task_type), or the authors' files, one
 * a task (video, question, candidates, answer, question_type). Prompt and scoring as lmms-eval 0.7.3 `mlvu_dev`. The open tasks
 * (`subPlot`, `summary`) are written for the authors' judges.
 */
export const mlvu: Task = {
  name: "mlvu",
  title: "MLVU",
  sampling: { frames: 48 },
  maxTokens: 16,
  readItems: (files) => files.flatMap((file) => file.rows.map((row, i) => toItem(file, row, i))),
  report(answers) {
    const closed = answers.filter(({ item }) => item.choice !== null);
    const report = reportChoices(closed, {
      right: (each) => letters.indexOf(rightLetter(each)),
      letter: gradeMlvu,
      groups: types,
      total: "groups",
    });
    const open = answers.length - closed.length;
    const note = `${open} open answers are not in this table: give the files below to MLVU's evaluate_ssc.py and evaluate_summary.py.`;
    return open === 0 ? report : { ...report, notes: [...report.notes, note] };
  },
  paper: { mean: [52.7, null, null] },
  /** As MLVU's `evaluate_ssc.py` and `evaluate_summary.py --pred_path` read them. */
  foreignFiles(answers) {
    const open = answers.filter(({ item }) => item.choice === null);
    return [...new Set(open.map(({ item }) => item.group))].map((group) => ({
      name: `mlvu-${group}-predictions.json`,
      content: JSON.stringify(
        open
          .filter(({ item }) => item.group === group)
          .map(({ item, answer }) => ({
            video_name: item.video,
            Q: item.row.question,
            A: item.row.answer,
            pred: answer,
          })),
        null,
        1,
      ),
    }));
  },
};

function toItem({ path }: DataFile, row: Row, index: number): Item {
  const group = typeof row.task_type === "string" ? row.task_type : typeOf(row, path);
  const video = "video_name" in row ? textOf(row, "video_name", path) : textOf(row, "video", path);
  const id = `${basename(path)}#${index}`;
  const asked = textOf(row, "question", path);
  if (row.candidates === undefined && !/^\(?B[).]/m.test(asked))
    return { id, video, group, prompt: asked, at: null, choice: null, row };
  const { question, options } = row.candidates === undefined ? splitOptions(asked) : ofCandidates(row, path);
  const whole =
    row.candidates === undefined
      ? asked
      : `${asked}\n${options.map((option, i) => `(${optionLetters[i]}) ${option}`).join("\n")}`;
  const prompt = `${whole}\nOnly give the best option.\nBest option: (`;
  return { id, video, group, prompt, at: null, choice: { question, options }, row };
}

/** The authors call two of the types otherwise in their rows than in their table. */
function typeOf(row: Row, path: string): string {
  return typeof row.question_type === "string" ? row.question_type : basename(path).replace(/^\d+_|\.[^.]+$/g, "");
}

function ofCandidates(row: Row, path: string) {
  return { question: textOf(row, "question", path), options: textsOf(row, "candidates", path) };
}

/** A question with its options in its own lines, `(A) …`, taken apart. */
function splitOptions(text: string): { readonly question: string; readonly options: readonly string[] } {
  const lines = text.split("\n");
  const isOption = (line: string) => /^\(?[A-F][).]\s*/.test(line);
  const options = lines.filter(isOption).map((line) => line.replace(/^\(?[A-F][).]\s*/, ""));
  return {
    question: lines
      .filter((line) => !isOption(line))
      .join("\n")
      .trim(),
    options,
  };
}

/** Whether the letter of the answer is the right one. */
export function gradeMlvu(answered: Answered): number {
  return Number(extractLetter(answered.answer, letters) === rightLetter(answered));
}

/** The right letter: as it stands, or of the candidate that is the answer. */
function rightLetter({ item: { row } }: Answered): string {
  const { answer, candidates } = row as { answer: string; candidates?: readonly string[] };
  return candidates ? (optionLetters[candidates.indexOf(answer)] ?? "") : answer;
}
