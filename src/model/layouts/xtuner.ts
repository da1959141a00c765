import type { FileSet } from "../file-set.ts";
import type { Family } from "./families.ts";
import { PythonName, type PythonValue, readAssignments } from "./python-values.ts";
import { type Template, xtunerTemplates } from "./xtuner-templates.ts";

/** What a training configuration of xtuner says of how a model is used. */
export type XtunerConfig = {
  /** The words around an input; null where the file does not say, or says it in a way that is not known here. */
  readonly template: Template | null;
  /** As a `preprocessor_config.json`; null where it leaves that to another repository's file. */
  readonly processor: Readonly<Record<string, unknown>> | null;
  readonly padsToSquare: boolean;
  /** Sentences for the person. */
  readonly notices: readonly string[];
};

const file = "xtuner_config.py";
/** Far longer than any. */
const longest = 1 << 20;

/** Reads the configuration that xtuner leaves beside a model's weights, as text; null where there is none. */
export async function readXtunerConfig(files: FileSet): Promise<XtunerConfig | null> {
  const found = files.files.find(({ path }) => path === file);
  if (!found || (found.byteLength ?? 0) > longest) return null;
  const reader = await files.open(file);
  return parseXtunerConfig(new TextDecoder().decode(await reader.read(0, reader.byteLength)));
}

export function parseXtunerConfig(source: string): XtunerConfig {
  const values = readAssignments(source);
  const notices: string[] = [];
  const written = values.get("prompt_template");
  const template = readTemplate(written);
  if (written !== undefined && !template)
    notices.push(`Its ${file} has it prompted with ${describe(written)}, which this app does not know.`);
  if (template) notices.push(`It is prompted as its ${file} says: ${JSON.stringify(template.instruction)}.`);
  const processor = readProcessor(values.get("image_processor"));
  return {
    template,
    processor,
    padsToSquare: /^[^#\n]*\bpad_image_to_square\s*=\s*True\b/m.test(source),
    notices,
  };
}

function readTemplate(value: PythonValue | undefined): Template | null {
  if (value instanceof Map) {
    const [instruction, suffix] = [value.get("INSTRUCTION"), value.get("SUFFIX")];
    const stops = value.get("STOP_WORDS");
    if (typeof instruction !== "string" || !instruction.includes("{input}")) return null;
    const texts = [suffix, ...(Array.isArray(stops) ? stops : [])];
    return {
      instruction,
      stops: texts.filter((text) => typeof text === "string").filter((text) => text.trim() !== ""),
    };
  }
  const name = value instanceof PythonName ? value.name : value;
  const [, key] = typeof name === "string" ? (/(?:^|\.)PROMPT_TEMPLATE\.(\w+)$/.exec(name) ?? []) : [];
  return key === undefined ? null : (xtunerTemplates.get(key) ?? null);
}

/** A processor's class and what it is told; without the settings that a file of another repository would have. */
function readProcessor(value: PythonValue | undefined): Readonly<Record<string, unknown>> | null {
  if (!(value instanceof Map)) return null;
  const type = value.get("type");
  const name = type instanceof PythonName ? type.name : type;
  const [, kind] =
    typeof name === "string" ? (/(\w+ImageProcessor)(?:Fast)?(?:\.from_pretrained)?$/.exec(name) ?? []) : [];
  const json = toJson(value) as Record<string, unknown>;
  if (kind === undefined || (json.size === undefined && json.crop_size === undefined)) return null;
  return { ...json, image_processor_type: kind };
}

function toJson(value: PythonValue): unknown {
  if (value instanceof PythonName) return value.name;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, toJson(inner)]));
  return Array.isArray(value) ? value.map(toJson) : value;
}

function describe(value: PythonValue): string {
  return value instanceof PythonName ? value.name : JSON.stringify(toJson(value));
}

/**
 * A family's prompt in a template's words: frames joined by a space, then a line and the question, as the authors' data
 * have them.
 */
export function promptOf({ instruction, stops }: Template, prompt: Family["prompt"]): Family["prompt"] {
  const [before = "", after = ""] = instruction.split("{input}");
  const template = { before, between_frames: prompt.memory.between_frames, after: `\n{question}${after}` };
  return {
    sandwich: template,
    memory: template,
    next_turn: `${before}{question}${after}`,
    speech: prompt.speech,
    stop_ids: prompt.stop_ids,
    stop_strings: [...new Set([...prompt.stop_strings, ...stops])],
  };
}
