import { stripEnds } from "../choice-letter.ts";
import { chooseLikeliest, drawFor, optionLetters, reportChoices } from "../choices.ts";
import { textOf, textsOf } from "../read-data.ts";
import type { Answered, DataFile, Item, Row, Task } from "../task.ts";

/**
 * EgoSchema: lmms-eval's rows (video_idx, question, option, answer), or the authors' `questions.json` (q_uid, option 0 to 4)
 * with `subset_answers.json`. The subset is scored here; for the whole set the file is written that the authors' server takes.
 * Prompt and scoring as lmms-eval 0.7.3 `egoschema_subset`; where no option can be read one is drawn by the question's id.
 */
export const egoSchema: Task = {
  name: "egoschema",
  title: "EgoSchema",
  sampling: { frames: 48 },
  maxTokens: 16,
  readItems: (files) => {
    const answers = subsetAnswers(files);
    return files.flatMap((file) =>
      file.rows.filter((row) => "question" in row).map((row) => toItem(file, row, answers)),
    );
  },
  report(answers) {
    const known = answers.filter((each) => rightPlace(each) !== null);
    const report = reportChoices(known, { right: rightPlace, letter: gradeEgoSchema, groups: [], total: "questions" });
    const rest = answers.length - known.length;
    const note = `${rest} questions have no public answer: post the files below to the authors' server.`;
    return rest === 0 ? report : { ...report, notes: [...report.notes, note] };
  },
  paper: {},
  /** `{ q_uid: place }`, as the authors' validation server takes it, by letter and by likelihood. */
  foreignFiles(answers) {
    const content = (place: (each: Answered) => number | null) =>
      JSON.stringify(Object.fromEntries(answers.map((each) => [each.item.video, place(each) ?? -1])), null, 1);
    return [
      { name: "egoschema-submission-letter.json", content: content(chosenPlace) },
      { name: "egoschema-submission-likelihood.json", content: content((each) => chooseLikeliest(each)) },
    ];
  },
};

function toItem({ path }: DataFile, row: Row, answers: ReadonlyMap<string, number>): Item {
  const video = "video_idx" in row ? textOf(row, "video_idx", path) : textOf(row, "q_uid", path);
  const option = Array.isArray(row.option)
    ? textsOf(row, "option", path)
    : [0, 1, 2, 3, 4].map((i) => `${optionLetters[i]}. ${textOf(row, `option ${i}`, path)}`);
  const question = textOf(row, "question", path);
  const answer = row.answer ?? answers.get(video) ?? null;
  return {
    id: typeof row.question_idx === "string" ? row.question_idx : video,
    video,
    group: "EgoSchema",
    prompt: `${[question, ...option].join("\n")}\nAnswer with the option's letter from the given choices directly.`,
    at: null,
    choice: { question, options: option.map(withoutLetter) },
    row: { ...row, option, answer },
  };
}

/** `{ q_uid: place }` of the authors' `subset_answers.json`. */
function subsetAnswers(files: readonly DataFile[]): ReadonlyMap<string, number> {
  const rows = files.filter(({ path }) => /subset_answers/.test(path)).flatMap((file) => file.rows);
  return new Map(rows.flatMap((row) => Object.entries(row).map(([id, place]) => [id, Number(place)] as const)));
}

function withoutLetter(option: string): string {
  return option.replace(/^[A-E]\.\s*/, "");
}

function rightPlace({ item: { row } }: Answered): number | null {
  return row.answer === null || row.answer === "" ? null : Number(row.answer);
}

/** Whether the option that the answer means, or the one drawn where it means none, is the right one. */
export function gradeEgoSchema(answered: Answered): number | null {
  const right = rightPlace(answered);
  return right === null ? null : Number(chosenPlace(answered) === right);
}

function chosenPlace({ answer, item }: Answered): number {
  const options = (item.row.option as readonly string[]).map((option) => option.trim());
  return readPlace(answer, options) ?? drawFor(item.id, options.length);
}

/**
 * Place of the option that an answer means: the letter whose last mention stands first of all, written `(A)`, `A ` or `A.`; in a
 * longer answer without one, the option whose text does. Null where there is neither.
 */
export function readPlace(answer: string, options: readonly string[]): number | null {
  let text = answer;
  for (const mark of [",", ".", "!", "?", ";", ":", "'"]) text = stripEnds(text, mark);
  text = ` ${text} `;
  const letters = options.map((_, place) => optionLetters[place] ?? "");
  const forms = [(letter: string) => `(${letter})`, (letter: string) => `${letter} `, (letter: string) => `${letter}.`];
  const lettered = forms.flatMap((form) =>
    letters.map((letter, place) => ({ place, at: text.lastIndexOf(form(letter)) })),
  );
  const named = options.map((option, place) => ({ place, at: text.toLowerCase().lastIndexOf(option.toLowerCase()) }));
  const found = lettered.filter(({ at }) => at >= 0);
  const words = text.split(/\s+/).filter((word) => word !== "").length;
  const candidates = found.length > 0 || words <= 5 ? found : named.filter(({ at }) => at >= 0);
  return (
    candidates.reduce<{ place: number; at: number } | null>((first, each) => {
      return first === null || each.at < first.at ? each : first;
    }, null)?.place ?? null
  );
}
