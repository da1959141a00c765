import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openHost } from "./host.ts";
import { type Damage, damaged } from "./probe-damage.ts";
import { type Output, runTool } from "./run-tool.ts";

// Whether `npm run probe` tells what was done to the built-in model: settings that are not those of its training, and
// damage to its tensors and its tokenizer.

const nano = "public/models/nano";

type Case = {
  readonly name: string;
  /** Fields of `config.json` as they are wrong. */
  readonly wrong?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly damage?: Damage;
  /** Field and value that the probe should propose; else what its verdict should be. */
  readonly expected: { readonly field: string; readonly value: string } | "reads" | "does not read";
};

const template = (before: string, between_frames: string, after: string) => {
  return { memory: { before, between_frames, after }, sandwich: { before, between_frames, after } };
};
const answer = { field: "prompt", value: "answer" };
const ascending = { field: "merge_config.order", value: "ascending, every-layer" };
const crop = { field: "vision_config.fit", value: "crop" };

/** What may be done to the built-in model, and what should be said of it. */
export const cases: readonly Case[] = [
  { name: "as it is", expected: "reads" },
  { name: "stretched", wrong: { vision_config: { fit: "stretch" } }, expected: crop },
  { name: "padded", wrong: { vision_config: { fit: "letterbox" } }, expected: crop },
  {
    name: "CLIP's colours",
    wrong: {
      vision_config: {
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_std: [0.26862954, 0.26130258, 0.27577711],
      },
    },
    expected: { field: "vision_config.image_mean", value: "0.5" },
  },
  { name: "sorted descending", wrong: { merge_config: { order: "descending" } }, expected: ascending },
  { name: "not sorted", wrong: { merge_config: { order: "none" } }, expected: ascending },
  { name: "sorted at the end", wrong: { merge_config: { sort: "last" } }, expected: ascending },
  {
    name: "attention without sizes",
    wrong: { merge_config: { proportional_attention: false } },
    expected: { field: "merge_config.proportional_attention", value: "true" },
  },
  {
    name: "User: … Assistant:",
    wrong: { prompt: template("User: ", " ", "\n{question}\n\nAssistant:") },
    expected: answer,
  },
  {
    name: "xtuner's prompt",
    wrong: { prompt: template("<|User|>:", " ", "\n{question}\n<|Bot|>:") },
    expected: answer,
  },
  {
    name: "another eps",
    wrong: { vision_config: { block_norm_eps: 1e-5, layer_norm_eps: 1e-12 } },
    damage: "small residual",
    expected: { field: "vision_config.block_norm_eps", value: "1e-6" },
  },
  { name: "swapped tensors", damage: "swapped tensors", expected: "does not read" },
  { name: "transposed matrix", damage: "transposed matrix", expected: "does not read" },
  { name: "wrong tokenizer", damage: "wrong tokenizer", expected: "does not read" },
  { name: "swapped in the encoder", damage: "swapped in the encoder", expected: "does not read" },
];

/** Writes a case's model folder. */
export function writeCase({ wrong = {}, damage }: Case, folder: string): void {
  mkdirSync(folder, { recursive: true });
  // Without checksums, which are those of nano's own files.
  const { sha256: _, ...config } = JSON.parse(readFileSync(join(nano, "config.json"), "utf8"));
  for (const [section, fields] of Object.entries(wrong)) config[section] = { ...config[section], ...fields };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const made = damage ? damaged(damage, nano) : {};
  for (const file of ["model.safetensors", "tokenizer.json"]) {
    const content = made[file];
    if (content) writeFileSync(join(folder, file), content);
    else symlinkSync(resolve(nano, file), join(folder, file));
  }
}

/** `npm run probe-cases [-- NAME …]`. */
async function probeCases(names: readonly string[], output: Output): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "aurora-probe-"));
  const host = await openHost();
  try {
    output.print("| case | expected | found | right captions | loss in words | seconds |");
    output.print("|---|---|---|---|---|---|");
    for (const [i, each] of cases.entries()) {
      if (names.length > 0 && !names.includes(each.name)) continue;
      const folder = join(scratch, String(i));
      writeCase(each, folder);
      const report = await host.run("probe", { model: host.modelAddress(folder), encoder: "auto" });
      const { verdict, proposal, pictures, language, cost } = report;
      const found = proposal ? `${proposal.field} ${proposal.value}` : verdict === "reads" ? verdict : "does not read";
      const expected =
        typeof each.expected === "string" ? each.expected : `${each.expected.field} ${each.expected.value}`;
      const right = pictures ? `${pictures.top1} of ${pictures.count}` : "–";
      const words = `${language.loss.toFixed(2)} / ${language.shuffledLoss.toFixed(2)}`;
      output.print(`| ${each.name} | ${expected} | ${found} | ${right} | ${words} | ${cost.seconds.toFixed(0)} |`);
    }
  } finally {
    await host.close();
    rmSync(scratch, { recursive: true });
  }
}

void runTool(import.meta, probeCases);
