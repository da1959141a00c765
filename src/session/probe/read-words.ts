import type { PromptConfig } from "../../model/config.ts";
import type { Listener } from "./listener.ts";
import { type PictureSet, shuffleWords } from "./picture-set.ts";
import type { LanguageResult } from "./report.ts";
import { readsLanguage } from "./verdict.ts";

type Words = Pick<PictureSet, "passage" | "bounds">;

type Around = {
  /** Prompts that might be the right one. */
  readonly others: readonly { readonly label: string; readonly prompt: PromptConfig }[];
  /** Takes a sentence where it was one of these. */
  readonly notices: string[];
  stopIfAborted(): void;
};

/**
 * Nats a token of words in order and in disorder. Words that answer questions are read with other prompts too where they
 * make no sense with the model's own, since then it may be the prompt alone that is wrong.
 */
export async function readWords(
  listener: Listener,
  set: Words,
  prompt: PromptConfig,
  { others, notices, stopIfAborted }: Around,
): Promise<LanguageResult> {
  const own = await readPassage(listener, set, prompt);
  if (readsLanguage(own, set.bounds) || set.passage.every(({ question }) => question === null)) return own;
  for (const { label, prompt: other } of others) {
    stopIfAborted();
    const language = await readPassage(listener, set, other);
    if (!readsLanguage(language, set.bounds)) continue;
    notices.push(`The words were read with ${label}: with the model's own prompt they cost ${own.loss.toFixed(2)}.`);
    return language;
  }
  return own;
}

async function readPassage(listener: Listener, set: Words, prompt: PromptConfig): Promise<LanguageResult> {
  const { loss, tokens } = await hearPassage(listener, set, prompt, (text) => text);
  const { loss: shuffledLoss } = await hearPassage(listener, set, prompt, shuffleWords);
  return { loss, shuffledLoss, tokens };
}

/** All pieces of the passage, as they are or with their words in disorder. */
async function hearPassage(
  listener: Listener,
  { passage }: Words,
  prompt: PromptConfig,
  change: (text: string) => string,
) {
  let sum = 0;
  let tokens = 0;
  for (const { question, text } of passage) {
    const asked = { prompt, question: question ?? "", shown: null };
    const heard =
      question === null
        ? await listener.hearText(change(text))
        : (await listener.hearAnswers(asked, [change(text)], null))[0];
    sum -= heard?.logLikelihood ?? 0;
    tokens += heard?.tokens ?? 0;
  }
  return { loss: sum / tokens, tokens };
}
