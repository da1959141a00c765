import { type PromptConfig, type PromptTemplate, questionMark, speechMark } from "../model/prompt-config.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The ids to feed before the first frame, between every two frames and after the last. */
export type PromptIds = {
  readonly before: readonly number[];
  readonly betweenFrames: readonly number[];
  readonly after: readonly number[];
};

/** What is read while watching, before any question is known. */
export function memoryLeadIn(prompt: PromptConfig, tokenizer: Tokenizer): Omit<PromptIds, "after"> {
  const { before, betweenFrames } = encodeTemplate(prompt.memory, tokenizer, "");
  return { before, betweenFrames };
}

/** The prompt of a question asked from memory; all but `after` is the same for every question. */
export function memoryPrompt(prompt: PromptConfig, tokenizer: Tokenizer, question: string): PromptIds {
  return encodeTemplate(prompt.memory, tokenizer, question);
}

/** The paper's prompt, in which the question stands before the frames as well, so that they are read in its light. */
export function sandwichPrompt(prompt: PromptConfig, tokenizer: Tokenizer, question: string): PromptIds {
  return encodeTemplate(prompt.sandwich, tokenizer, question);
}

/** The ids of a further question, after the stop token that ended the last answer. */
export function nextTurnPrompt(prompt: PromptConfig, tokenizer: Tokenizer, question: string): readonly number[] {
  return encodeFilled(prompt.nextTurn, tokenizer, cleanQuestion(question));
}

/** The ids between two frames between which `lines` were said; none for a model that reads no speech. */
export function speechPrompt(
  { speech }: PromptConfig,
  tokenizer: Tokenizer,
  lines: readonly string[],
): readonly number[] {
  return speech === null ? [] : encodeFilled(speech, tokenizer, lines.map(cleanQuestion).join(" "), speechMark);
}

/** The ids of an answer as a model would write it, without those that end it. */
export function encodeAnswer({ answerLead }: PromptConfig, tokenizer: Tokenizer, answer: string): readonly number[] {
  return tokenizer.encode(answerLead + answer.trim());
}

/** The largest id in the prompts of an empty question: what the model's table must hold beside the ids of text. */
export function largestPromptId(prompt: PromptConfig, tokenizer: Tokenizer): number {
  const templates = [memoryPrompt(prompt, tokenizer, ""), sandwichPrompt(prompt, tokenizer, "")];
  const ids = templates.flatMap(({ before, betweenFrames, after }) => [...before, ...betweenFrames, ...after]);
  return Math.max(0, ...ids, ...nextTurnPrompt(prompt, tokenizer, ""), ...speechPrompt(prompt, tokenizer, []));
}

/** A question as in training: LF line ends, no empty lines, no white space around it. */
export function cleanQuestion(question: string): string {
  return question
    .replace(/\r\n?/g, "\n")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

/** Each of the three texts is encoded by itself: frames stand between them. */
function encodeTemplate(template: PromptTemplate, tokenizer: Tokenizer, question: string): PromptIds {
  const cleaned = cleanQuestion(question);
  return {
    before: encodeFilled(template.before, tokenizer, cleaned),
    betweenFrames: encodeFilled(template.betweenFrames, tokenizer, cleaned),
    after: encodeFilled(template.after, tokenizer, cleaned),
  };
}

/** Names of special tokens stand for these where the template has them, and for themselves in what takes the place of `mark`. */
function encodeFilled(template: string, tokenizer: Tokenizer, filling: string, mark = questionMark): number[] {
  return splitSpecial(template, tokenizer.specialTokens).flatMap((part) =>
    typeof part === "number" ? part : tokenizer.encode(part.split(mark).join(filling)),
  );
}

/** A text cut at the names of special tokens (the earliest, then the longest), with their ids in their place. */
function splitSpecial(text: string, specialTokens: ReadonlyMap<string, number>): (string | number)[] {
  const parts: (string | number)[] = [];
  let rest = text;
  for (;;) {
    let first: { readonly at: number; readonly name: string; readonly id: number } | null = null;
    for (const [name, id] of specialTokens) {
      const at = name === "" ? -1 : rest.indexOf(name);
      const better = !first || at < first.at || (at === first.at && name.length > first.name.length);
      if (at >= 0 && better) first = { at, name, id };
    }
    if (!first) return [...parts, rest];
    parts.push(rest.slice(0, first.at), first.id);
    rest = rest.slice(first.at + first.name.length);
  }
}
