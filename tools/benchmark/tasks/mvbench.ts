import { basename } from "node:path";
import { ToolError } from "../../run-tool.ts";
import { optionLetters, reportChoices } from "../choices.ts";
import { textOf, textsOf } from "../read-data.ts";
import type { Answered, Task } from "../task.ts";

/** The sub-tasks in the order of the paper's table, and the folders of their videos (lmms-eval 0.7.3 `mvbench`). */
const folders: { readonly [subTask: string]: string } = {
  action_sequence: "star/Charades_segment",
  action_prediction: "star/Charades_segment",
  action_antonym: "ssv2_video_mp4",
  fine_grained_action: "Moments_in_Time_Raw/videos",
  unexpected_action: "FunQA_test/test",
  object_existence: "clevrer/video_validation",
  object_interaction: "star/Charades_segment",
  object_shuffle: "perception/videos",
  moving_direction: "clevrer/video_validation",
  action_localization: "sta/sta_video_segment",
  scene_transition: "scene_qa/video",
  action_count: "perception/videos",
  moving_count: "clevrer/video_validation",
  moving_attribute: "clevrer/video_validation",
  state_change: "perception/videos",
  fine_grained_pose: "nturgbd_convert",
  character_order: "perception/videos",
  egocentric_navigation: "vlnqa",
  episodic_reasoning: "tvqa/video_fps3_hq_segment",
  counterfactual_inference: "clevrer/video_validation",
};

/** MVBench: one JSON file a sub-task, rows of video, question, candidates and answer; videos cut to the parts that are asked about. */
export const mvBench: Task = {
  name: "mvbench",
  title: "MVBench",
  sampling: { frames: 48 },
  maxTokens: 16,
  readItems: (files) =>
    files.flatMap(({ path, rows }) => {
      const group = basename(path).replace(/\.[^.]+$/, "");
      const folder = folders[group];
      if (folder === undefined) throw new ToolError(`${path} is none of MVBench's sub-tasks.`);
      return rows.map((row, i) => {
        const candidates = textsOf(row, "candidates", path);
        const question = textOf(row, "question", path);
        if (!candidates.includes(textOf(row, "answer", path)))
          throw new ToolError(`${path}: the answer of entry ${i + 1} is none of its candidates.`);
        const options = candidates.map((candidate, place) => `(${optionLetters[place]}) ${candidate}\n`).join("");
        return {
          id: `${group}#${i}`,
          video: `${folder}/${textOf(row, "video", path)}`,
          group,
          prompt: `Question:${question}\nOption:\n${options}Only give the best option.\n`,
          at: null,
          choice: { question, options: candidates },
          row,
        };
      });
    }),
  report: (answers) =>
    reportChoices(answers, { right: rightPlace, letter: gradeMvBench, groups: Object.keys(folders), total: "groups" }),
  paper: { mean: [53.2, null, null] },
};

function rightPlace({ item: { row } }: Answered): number {
  return (row.candidates as readonly string[]).indexOf(row.answer as string);
}

/** Accuracy over what was answered: an empty answer is left out. */
export function gradeMvBench(answered: Answered): number | null {
  if (answered.answer === "") return null;
  return Number(normalizeChoice(answered.answer) === optionLetters[rightPlace(answered)]);
}

const marks = [
  ";",
  "/",
  "[",
  "]",
  '"',
  "{",
  "}",
  "(",
  ")",
  "=",
  "+",
  "\\",
  "_",
  "-",
  ">",
  "<",
  "@",
  "`",
  ",",
  "?",
  "!",
];

/** The letter A to E that an answer means, else its text in small letters without marks (lmms-eval 0.7.3 `mcq_acc`). */
function normalizeChoice(answer: string): string {
  const whole = /^([A-E])\.\s*(.+)$/i.exec(answer.trim());
  if (whole) return whole[1]?.toUpperCase() ?? "";
  const text = stripAll(takeMarks(answer.replaceAll("\n", " ").replaceAll("\t", " ").trim()))
    .trim()
    .toLowerCase();
  return /(?<![\p{L}\p{N}_])([a-e])(?![\p{L}\p{N}_])/u.exec(text)?.[1]?.toUpperCase() ?? text;
}

/** Marks beside a space go, and all of them where a comma stands between digits; others become a space. Full stops go but before digits. */
function takeMarks(text: string): string {
  const grouped = /\d,\d/.test(text);
  let out = text;
  for (const mark of marks) {
    const beside = text.includes(`${mark} `) || text.includes(` ${mark}`) || grouped;
    out = out.replaceAll(mark, beside ? "" : " ");
  }
  return dropStops(out);
}

/** Takes out full stops that no digit follows, the first 32 of them: the published code gives its flags in place of the count. */
function dropStops(text: string): string {
  let left = 32;
  return text.replace(/\.(?!\d)/g, (stop) => (left-- > 0 ? "" : stop));
}

function stripAll(text: string): string {
  return text
    .replace(/^'+|'+$/g, "")
    .replace(/^"+|"+$/g, "")
    .replace(/^\)+|\)+$/g, "")
    .replace(/^\(+|\(+$/g, "");
}
