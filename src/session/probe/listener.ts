import type { PromptConfig } from "../../model/prompt-config.ts";
import { createRnnReader } from "../../rnn/reader.ts";
import { createRnnScorer } from "../../rnn/scorer.ts";
import { clearRnnState, copyRnnState, createRnnState } from "../../rnn/state.ts";
import { encodeAnswer, memoryPrompt } from "../../text/prompt.ts";
import type { Engine } from "../engine.ts";
import { frameIndices } from "../memory/frame-tokens.ts";
import type { ShownPictures } from "./show-pictures.ts";

/** How likely a text was held to be: the logarithms of its tokens summed up, and their number. */
export type Heard = { readonly logLikelihood: number; readonly tokens: number };

/** Asks a model's RNN how likely texts are. */
export type Listener = {
  /** Tokens and rows that were read so far. */
  readonly tokens: number;
  /** A text by itself, at the start of everything. */
  hearText(text: string): Promise<Heard>;
  /**
   * Some answers to a question, each by itself.
   *
   * @param picture what is seen before it; null for nothing
   */
  hearAnswers(asked: Asked, answers: readonly string[], picture: number | null): Promise<readonly Heard[]>;
  destroy(): void;
};

/** A question in a model's words, about some pictures. */
type Asked = {
  readonly prompt: PromptConfig;
  readonly question: string;
  readonly shown: ShownPictures | null;
};

export function createListener({ gpu, config, rnn, tokenizer }: Engine): Listener {
  const { vocabSize } = config.text;
  const state = createRnnState(gpu, rnn.config, "probe");
  const branch = createRnnState(gpu, rnn.config, "probe.branch");
  const reader = createRnnReader(gpu, rnn, state, "probe");
  const scorer = createRnnScorer(gpu, rnn, branch, "probe.branch");
  let tokens = 0;

  async function hear(last: number, ids: readonly number[]): Promise<Heard> {
    copyRnnState(gpu, state, branch);
    tokens += ids.length; // the last one is not read, but the one before them is
    const scores = await scorer.score(Uint32Array.from([last, ...ids.slice(0, -1)]), Uint32Array.from(ids));
    return { logLikelihood: scores.reduce((sum, score) => sum + score, 0), tokens: ids.length };
  }

  return {
    get tokens() {
      return tokens;
    },
    hearText(text) {
      clearRnnState(gpu, state);
      // Texts of RWKV's training follow the mark that ends the one before.
      return hear(config.prompt.stopIds[0] ?? 0, tokenizer.encode(text));
    },
    hearAnswers({ prompt, question, shown }, answers, picture) {
      const { before, after } = memoryPrompt(prompt, tokenizer, question);
      const rows =
        shown && picture !== null ? frameIndices(vocabSize + picture * shown.tokens, shown.tokens, 1, [], true) : [];
      const read = [...before, ...rows, ...after.slice(0, -1)];
      clearRnnState(gpu, state);
      reader.read(Uint32Array.from(read), shown?.table ?? null);
      tokens += read.length;
      const last = after.at(-1) as number;
      // All are submitted before the first is waited for: the GPU runs them in this order.
      return Promise.all(answers.map((answer) => hear(last, encodeAnswer(prompt, tokenizer, answer))));
    },
    destroy() {
      for (const owner of [reader, scorer, state, branch]) owner.destroy();
    },
  };
}
