import { basename } from "node:path";
import { ToolError } from "../../run-tool.ts";
import { drawFor } from "../choices.ts";
import { askMatch, reportJudged } from "../judged.ts";
import { parsePythonDict } from "../python-dict.ts";
import { textOf } from "../read-data.ts";
import type { AskJudge, Item, Row, Task, Verdict } from "../task.ts";
import { vdcPrompts } from "./vdc-prompts.ts";

const aspects = Object.keys(vdcPrompts);

/**
 * VDC: a file an aspect (`camera`, `short`, `background`, `main_object`, `detailed` in its name) with rows of video_name, caption
 * and qa_list. One of the aspect's prompts is asked, drawn by the video's name, so that it is the same in every run. Scored by
 * a judge (the paper's is Llama-3.1-8B), as lmms-eval 0.7.3 `vdc`.
 */
export const vdc: Task = {
  name: "vdc",
  title: "VDC",
  sampling: { fps: 1 },
  maxTokens: 512,
  readItems: (files) =>
    files.flatMap(({ path, rows }) => {
      const group = aspects.find((aspect) => basename(path).toLowerCase().includes(aspect));
      if (group === undefined)
        throw new ToolError(`${path} has none of VDC's aspects in its name: ${aspects.join(", ")}.`);
      return rows.map((row): Item => {
        const video = textOf(row, "video_name", path);
        if (!Array.isArray(row.qa_list)) throw new ToolError(`${path}: ${video} has no qa_list.`);
        const prompts = vdcPrompts[group] ?? [];
        const prompt = prompts[drawFor(`${group}/${video}`, prompts.length)] ?? "";
        return { id: `${group}#${video}`, video, group, prompt, at: null, choice: null, row };
      });
    }),
  report: (answers) => reportJudged(answers, aspects, "mean"),
  paper: { mean: [42.5, null] },
  /** The rows with `pred`, as lmms-eval's `vdc` judges them (`vdc_process_results_generic`), a file an aspect. */
  foreignFiles: (answers) =>
    aspects.flatMap((aspect) => {
      const lines = answers
        .filter(({ item }) => item.group === aspect)
        .map(({ item, answer }) => `${JSON.stringify({ ...item.row, pred: answer })}\n`);
      return lines.length === 0 ? [] : [{ name: `vdc-${aspect}-predictions.jsonl`, content: lines.join("") }];
    }),
  judge: judgeCaption,
};

const answerSystem =
  "You are an intelligent chatbot designed for providing accurate answers to questions related to the content based on a detailed description of a video or image." +
  "Here's how you can accomplish the task:" +
  "------" +
  "##INSTRUCTIONS: " +
  "- Read the detailed description carefully.\n" +
  "- Answer the question only based on the detailed description.\n" +
  "- The answer should be a short sentence or phrase.\n";

/** The judge answers the video's questions from the caption alone, and then compares each answer with the right one. */
async function judgeCaption({ row }: Item, caption: string, ask: AskJudge): Promise<Verdict> {
  const pairs = row.qa_list as readonly Row[];
  const verdicts: { right: number; score: number }[] = [];
  for (const { question, answer } of pairs) {
    const prompt =
      "Please provide accurate answers to questions related to the content based on a detailed description of a video or image:\n\n" +
      `detailed description: ${caption}, question: ${question}` +
      "DO NOT PROVIDE ANY OTHER OUTPUT TEXT OR EXPLANATION. Only provide short but accurate answer.";
    const predicted = await ask(answerSystem, prompt, 256);
    const reply = await askMatch(ask, String(question), String(answer), predicted, 256);
    const values = parsePythonDict(reply);
    // Replies without either are left out, as there.
    if (typeof values?.score === "number" && values.pred !== undefined)
      verdicts.push({ right: Number(values.pred === "yes"), score: values.score });
  }
  const mean = (value: (verdict: { right: number; score: number }) => number) =>
    verdicts.reduce((sum, verdict) => sum + value(verdict), 0) / Math.max(1, verdicts.length);
  return { right: mean(({ right }) => right), score: mean(({ score }) => score) };
}
