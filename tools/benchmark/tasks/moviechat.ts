import { askMatch, questionAndAnswer, readMovieChatVerdict, reportJudged } from "../judged.ts";
import { textOf } from "../read-data.ts";
import type { DataFile, Item, Row, Task } from "../task.ts";

/** What stands before each question, word for word as lmms-eval 0.7.3 `moviechat` has it. */
const prelude =
  "You are able to understand the visual content that the user provides.Follow the instructions carefully and explain your answers in detail.";

/**
 * MovieChat-1K: lmms-eval's rows (video_name, question, answer, time), or the authors' files, one a film (`info`, `global`,
 * `breakpoint`). A question with a time is asked as of it. Times are numbers of frames, at the rate that `info.fps` tells, or
 * the video's own where there is none (MovieChat's `run_inference_qa_moviechat.py`).
 */
export const movieChat: Task = {
  name: "moviechat",
  title: "MovieChat-1K",
  sampling: { fps: 1 },
  maxTokens: 300,
  readItems: (files) => files.flatMap((file) => file.rows.flatMap((row, i) => itemsOf(file, row, i))),
  report: (answers) => reportJudged(answers, ["global", "breakpoint"], null),
  paper: { global: [84.0, null], breakpoint: [64.0, null] },
  /** As MovieChat's `run_eval_qa_moviechat.py --pred_path` reads them, one for each of the two modes. */
  foreignFiles: (answers) =>
    ["global", "breakpoint"].flatMap((group) => {
      const byVideo: { [video: string]: object[] } = {};
      for (const { item, answer } of answers.filter((each) => each.item.group === group)) {
        const { question, answer: right, time } = item.row;
        const said = { ...(group === "breakpoint" ? { time } : {}), question, answer: right, pred: answer };
        byVideo[item.video] = [...(byVideo[item.video] ?? []), said];
      }
      const content = JSON.stringify(byVideo, null, 1);
      return Object.keys(byVideo).length === 0 ? [] : [{ name: `moviechat-${group}-predictions.json`, content }];
    }),
  async judge(item, said, ask) {
    const { question, answer } = questionAndAnswer(item);
    return readMovieChatVerdict(await askMatch(ask, question, answer, said, 64));
  },
};

function itemsOf({ path }: DataFile, row: Row, index: number): Item[] {
  const info = row.info as Row | undefined;
  if (!info) return [toItem(row, textOf(row, "video_name", path), `${path}#${index}`, path, null)];
  const video = textOf(info, "video_path", path);
  const fps = typeof info.fps === "number" && info.fps > 0 ? info.fps : null;
  return ["global", "breakpoint"].flatMap((mode) =>
    ((row[mode] ?? []) as readonly Row[]).map((asked, i) => toItem(asked, video, `${path}#${mode}-${i}`, path, fps)),
  );
}

function toItem(row: Row, video: string, id: string, path: string, fps: number | null): Item {
  const frame = row.time === null || row.time === undefined ? null : Number(row.time);
  const at = frame === null ? null : fps === null ? { frame } : { seconds: frame / fps };
  const question = textOf(row, "question", path);
  const group = at === null ? "global" : "breakpoint";
  return { id, video, group, prompt: `${prelude}${question}`, at, choice: null, row };
}
