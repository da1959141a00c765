import { parsePythonDict, toInt } from "./python-dict.ts";
import { clusteredMean } from "./statistics.ts";
import type { Answered, AskJudge, Item, Report, TableRow, Verdict } from "./task.ts";

/**
 * What judges are told, word for word as lmms-eval 0.7.3 (`activitynetqa`, `moviechat`, `vdc`) tells them, which is what
 * Video-ChatGPT's `evaluate_activitynet_qa.py` began.
 */
const matchSystem =
  "You are an intelligent chatbot designed for evaluating the correctness of generative outputs for question-answer pairs. " +
  "Your task is to compare the predicted answer with the correct answer and determine if they match meaningfully. Here's how you can accomplish the task:" +
  "------" +
  "##INSTRUCTIONS: " +
  "- Focus on the meaningful match between the predicted answer and the correct answer.\n" +
  "- Consider synonyms or paraphrases as valid matches.\n" +
  "- Evaluate the correctness of the prediction compared to the answer.";

/** What the judge is asked about one answer. */
function matchPrompt(question: string, answer: string, predicted: string): string {
  return (
    "Please evaluate the following video-based question-answer pair:\n\n" +
    `Question: ${question}\n` +
    `Correct Answer: ${answer}\n` +
    `Predicted Answer: ${predicted}\n\n` +
    "Provide your evaluation only as a yes/no and score where the score is an integer value between 0 and 5, with 5 indicating the highest meaningful match. " +
    "Please generate the response in the form of a Python dictionary string with keys 'pred' and 'score', where value of 'pred' is  a string of 'yes' or 'no' and value of 'score' is in INTEGER, not STRING." +
    "DO NOT PROVIDE ANY OTHER OUTPUT TEXT OR EXPLANATION. Only provide the Python dictionary string. " +
    "For example, your response should look like this: {'pred': 'yes', 'score': 4.8}."
  );
}

/** Has a judge compare one answer with the right one; gives its reply. */
export function askMatch(
  ask: AskJudge,
  question: string,
  answer: string,
  predicted: string,
  maxTokens: number,
): Promise<string> {
  return ask(matchSystem, matchPrompt(question, answer, predicted), maxTokens);
}

/** What a reply means by `activitynetqa`'s rule: the first braces count; neither yes nor no leaves the answer out of the accuracy. */
export function readActivityNetVerdict(reply: string): Verdict {
  const inside = reply.split("{")[1]?.split("}")[0];
  const values = inside === undefined ? null : parsePythonDict(`{${inside}}`);
  const score = toInt(values?.score);
  if (score === null || typeof values?.pred !== "string") return { right: 0, score: 0 };
  const pred = values.pred.toLowerCase();
  return { right: pred.includes("yes") ? 1 : pred.includes("no") ? 0 : null, score };
}

/** What a reply means by `moviechat`'s rule: the whole of it is a dictionary, and only `yes` is yes. */
export function readMovieChatVerdict(reply: string): Verdict {
  const values = parsePythonDict(reply);
  return { right: Number(values?.pred === "yes"), score: toInt(values?.score ?? 0) ?? 0 };
}

/** Columns of what a judge said: the share of right answers in percent, and the mean score of 0 to 5. */
export function reportJudged(answers: readonly Answered[], groups: readonly string[], total: string | null): Report {
  const rows = groups
    .map((group) =>
      toRow(
        group,
        answers.filter(({ item }) => item.group === group),
      ),
    )
    .filter(({ n }) => n > 0);
  const missing = answers.filter(({ verdict }) => verdict === null).length;
  return {
    columns: ["accuracy", "score (0-5)"],
    rows: total === null ? rows : [...rows, toRow(total, answers)],
    notes:
      missing === 0
        ? []
        : [
            `${missing} of ${answers.length} answers have no verdict yet: give the files below to the published judge, or --judge URL.`,
          ],
  };
}

function toRow(name: string, answers: readonly Answered[]): TableRow {
  const figure = (value: (verdict: Verdict) => number | null) =>
    clusteredMean(
      answers.flatMap(({ item, verdict }) => {
        const found = verdict && value(verdict);
        return found === null ? [] : [{ value: found, cluster: item.video }];
      }),
    );
  const percent = ({ right }: Verdict) => (right === null ? null : 100 * right);
  return { name, n: answers.length, figures: [figure(percent), figure(({ score }) => score)] };
}

/** A question and its right answer, as the row of an open task has them. */
export function questionAndAnswer({ row }: Item): { readonly question: string; readonly answer: string } {
  return { question: String(row.question), answer: String(row.answer) };
}
