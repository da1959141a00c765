import { reportCaptions } from "../captions/report.ts";
import { textOf, textsOf } from "../read-data.ts";
import type { Task } from "../task.ts";

const examples = [
  "A man picks up a can of shoe paste, a towel, and brush from a table.",
  "A person places the frying pan on the stove and then another person flips over the food that is in it.",
  "A woman describes and demonstrates how to create a colorful cross stitch design.",
  "A little girl uses the grass in her yard as well as a blue mat to do flips.",
];

/** What is asked of each video, word for word as lmms-eval 0.7.3 `vatex_test`. */
const prompt =
  "Provide a brief single-sentence caption for the last video below. Do not give any reasoning, just the caption. " +
  "You must follow the captioning style of the preceding videos. " +
  'Do not start your response with "Output:", just provide the caption.\n' +
  examples.map((example, i) => `[video${i + 1}] output: ${example}\n`).join("");

/** VATEX (English): rows of videoID and enCap, the reference captions, as the authors and lmms-eval have them. */
export const vatex: Task = {
  name: "vatex",
  title: "VATEX",
  sampling: { fps: 1 },
  maxTokens: 64,
  readItems: (files) =>
    files.flatMap(({ path, rows }) =>
      rows.map((row) => {
        const video = textOf(row, "videoID", path);
        return {
          id: video,
          video,
          group: "VATEX",
          prompt,
          at: null,
          choice: null,
          row: { ...row, enCap: textsOf(row, "enCap", path) },
        };
      }),
    ),
  report: (answers, { meteorJar }) =>
    reportCaptions(
      answers.map(({ item, answer }) => ({ answer, references: item.row.enCap as readonly string[] })),
      meteorJar,
    ),
  paper: { "BLEU-1": [68.5] },
  /** As pycocoevalcap reads them: references with COCO's annotations, and results. */
  foreignFiles: (answers) => {
    const annotations = answers.flatMap(({ item }) =>
      (item.row.enCap as readonly string[]).map((caption) => ({ image_id: item.video, caption })),
    );
    const references = {
      images: answers.map(({ item }) => ({ id: item.video })),
      annotations: annotations.map((annotation, id) => ({ ...annotation, id })),
    };
    const results = answers.map(({ item, answer }) => ({ image_id: item.video, caption: answer }));
    return [
      { name: "vatex-references.json", content: JSON.stringify(references, null, 1) },
      { name: "vatex-results.json", content: JSON.stringify(results, null, 1) },
    ];
  },
};
