import type { PromptConfig } from "../../model/prompt-config.ts";
import type { Listener } from "./listener.ts";
import { type PictureSet, shuffleWords } from "./picture-set.ts";
import type { LanguageResult } from "./report.ts";
import { readsLanguage } from "./verdict.ts";

type Words = Pick<PictureSet, "passage" | "bounds">;

type Heard = Pick<LanguageResult, "loss" | "tokens">;

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
  const own = await shuffled(await hearPassage(listener, set, prompt, (text) => text), listener, set, prompt);
  if (readsLanguage(own, set.bounds) || set.passage.every(({ question }) => question === null)) return own;
  for (const { label, prompt: other } of others) {
    stopIfAborted();
    const inOrder = await hearPassage(listener, set, other, (text) => text);
    if (!(inOrder.loss < set.bounds.most)) continue;
    const language = await shuffled(inOrder, listener, set, other);
    if (!readsLanguage(language, set.bounds)) continue;
    notices.push(`The words were read with ${label}: with the model's own prompt they cost ${own.loss.toFixed(2)}.`);
    return language;
  }
  return own;
}

/** What the same words cost in disorder. */
async function shuffled(inOrder: Heard, listener: Listener, set: Words, prompt: PromptConfig): Promise<LanguageResult> {
  const { loss: shuffledLoss } = await hearPassage(listener, set, prompt, shuffleWords);
  return { ...inOrder, shuffledLoss };
}

/** All pieces of the passage, as they are or with their words in disorder. */
async function hearPassage(
  listener: Listener,
  { passage }: Words,
  prompt: PromptConfig,
  change: (text: string) => string,
): Promise<Heard> {
  // All are submitted before the first is waited for.
  const heard = await Promise.all(
    passage.map(async ({ question, text }) => {
      if (question === null) return listener.hearText(change(text));
      const [answer] = await listener.hearAnswers({ prompt, question, shown: null }, [change(text)], null);
      return answer ?? { logLikelihood: 0, tokens: 0 };
    }),
  );
  const tokens = heard.reduce((sum, each) => sum + each.tokens, 0);
  return { loss: -heard.reduce((sum, each) => sum + each.logLikelihood, 0) / tokens, tokens };
}
