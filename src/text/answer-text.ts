import type { PromptConfig } from "../model/prompt-config.ts";
import { createStopFilter } from "./stop-filter.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The text of an answer as its tokens come, without what ends it. */
export type AnswerText = {
  /** Takes the next token; `text` can be shown, `stopped` says that the answer ends with it: by what it is, or by the text so far. */
  push(id: number): { readonly text: string; readonly stopped: "by-token" | "by-text" | null };
  /** What was held back, when no further token comes. */
  finish(): string;
};

/** @param prompt says which tokens and which texts end an answer */
export function createAnswerText({ stopIds, stopStrings }: PromptConfig, tokenizer: Tokenizer): AnswerText {
  const decoder = tokenizer.createDecoder();
  const filter = createStopFilter(stopStrings);
  let begun = false;

  /** Models begin an answer with the space that follows the prompt's colon: it is theirs, not the reader's. */
  function trim(text: string): string {
    const shown = begun ? text : text.trimStart();
    begun ||= shown !== "";
    return shown;
  }

  return {
    push(id) {
      if (stopIds.includes(id)) return { text: "", stopped: "by-token" };
      const { text, stopped } = filter.push(decoder.push(id));
      return { text: trim(text), stopped: stopped ? "by-text" : null };
    },
    finish: () => trim(filter.push(decoder.finish()).text + filter.finish()),
  };
}
