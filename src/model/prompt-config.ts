import type { Fields } from "./fields.ts";

/** What stands for the question in the texts of a `PromptTemplate`. */
export const questionMark = "{question}";

/** What stands for what is said in `PromptConfig.speech`. */
export const speechMark = "{speech}";

/** Text around the frames; `{question}` stands for the question. */
export type PromptTemplate = { readonly before: string; readonly betweenFrames: string; readonly after: string };

export type PromptConfig = {
  readonly sandwich: PromptTemplate;
  readonly memory: PromptTemplate;
  readonly nextTurn: string;
  /** What stands between two frames between which something was said, in place of `betweenFrames`; null for a model that is to read no speech. */
  readonly speech: string | null;
  /** What an answer begins with after the prompt, as in training: a space, or nothing. */
  readonly answerLead: string;
  readonly stopIds: readonly number[];
  readonly stopStrings: readonly string[];
};

/** The section `prompt` of a `config.json`. @throws AuroraError `ModelCorrupt` naming the field */
export function parsePrompt(fields: Fields, vocabSize: number): PromptConfig {
  const memoryFields = fields.section("memory");
  const memory = parseTemplate(memoryFields);
  for (const [name, template] of [
    ["before", memory.before],
    ["between_frames", memory.betweenFrames],
  ] as const) {
    if (template.includes(questionMark))
      throw memoryFields.corrupt(name, `a text without ${questionMark}: it is read before`);
  }
  if (!memory.after.includes(questionMark)) throw memoryFields.corrupt("after", `a text with ${questionMark} in it`);
  const sandwichFields = fields.section("sandwich");
  const sandwich = parseTemplate(sandwichFields);
  if (!`${sandwich.before}${sandwich.after}`.includes(questionMark)) {
    throw sandwichFields.corrupt("after", `a text with ${questionMark} in it`);
  }
  const nextTurn = fields.text("next_turn", memory.after);
  if (!nextTurn.includes(questionMark)) throw fields.corrupt("next_turn", `a text with ${questionMark} in it`);
  const speech = fields.text("speech", "") || null;
  if (speech !== null && !speech.includes(speechMark))
    throw fields.corrupt("speech", `a text with ${speechMark} in it`);
  const stopStrings = fields.texts("stop_strings", []);
  if (stopStrings.includes("")) throw fields.corrupt("stop_strings", "a list of texts that are not empty");
  return {
    sandwich,
    memory,
    nextTurn,
    speech,
    answerLead: fields.text("answer_lead", " "),
    stopIds: fields.counts("stop_ids", { max: vocabSize - 1 }),
    stopStrings,
  };
}

function parseTemplate(fields: Fields): PromptTemplate {
  return {
    before: fields.text("before", ""),
    betweenFrames: fields.text("between_frames", ""),
    after: fields.text("after"),
  };
}
