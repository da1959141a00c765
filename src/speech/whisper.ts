import type { PreTrainedTokenizer, Tensor, WhisperForConditionalGeneration } from "@huggingface/transformers";
import { type TimedToken, toWords } from "./token-words.ts";
import type { SpokenWord } from "./transcript.ts";

/** Words, or sentences without times of their words where the recogniser tells none. */
export type Recognised = { readonly pieces: readonly SpokenWord[]; readonly are: "words" | "sentences" };

/** Tokens that a second of speech may have at most: a recogniser that writes more has got stuck. */
const tokensPerSecond = 12;

/** Seconds from one of Whisper's marks of time to the next. */
const markSeconds = 0.02;

/** What of transformers.js is used that its types do not tell. */
type Generation = {
  readonly is_multilingual?: boolean;
  readonly lang_to_id?: Readonly<Record<string, number>>;
  readonly decoder_start_token_id: number;
  readonly no_timestamps_token_id: number;
  readonly alignment_heads?: unknown;
};
type Session = {
  readonly outputNames: readonly string[];
  run(feeds: object): Promise<Readonly<Record<string, never>>>;
};
type Written = { readonly sequences: Tensor; readonly token_timestamps: Tensor };

/**
 * Whisper's way from features to text. One of many languages is told by the window itself; words have times where the decoder was exported with its
 * cross attentions, sentences by the marks of time between them otherwise.
 */
export function openWhisper(
  model: WhisperForConditionalGeneration,
  tokenizer: PreTrainedTokenizer,
  NewTensor: typeof Tensor,
): (features: Tensor, seconds: number) => Promise<Recognised> {
  const generation = model.generation_config as unknown as Generation;
  const sessions = model.sessions as unknown as Readonly<Record<"model" | "decoder_model_merged", Session>>;
  const attends = sessions.decoder_model_merged.outputNames.some((name) => name.startsWith("cross_attentions"));
  const timesWords = attends && Array.isArray(generation.alignment_heads);
  const isMark = (id: number) => id > generation.no_timestamps_token_id;
  const special = new Set(tokenizer.all_special_ids);
  const isText = (id: number) => !isMark(id) && !special.has(id);

  /** The code of the language that is likeliest spoken, e.g. `de`, from the encoder's output. */
  async function detect(encoded: Tensor, codes: readonly (readonly [string, number])[]): Promise<string> {
    const start = new NewTensor("int64", BigInt64Array.of(BigInt(generation.decoder_start_token_id)), [1, 1]);
    const { logits } = (await model({ encoder_outputs: encoded, decoder_input_ids: start })) as { logits: Tensor };
    const scores = logits.data as Float32Array;
    const score = (id: number) => scores[id] ?? Number.NEGATIVE_INFINITY;
    const [name] = codes.reduce((best, each) => (score(each[1]) > score(best[1]) ? each : best));
    return name.replace(/^<\|(.*)\|>$/, "$1");
  }

  /** What a model of many languages needs besides, so that the sound is encoded once for telling the language and for writing. */
  async function languageOptions(features: Tensor): Promise<object> {
    const codes = Object.entries(generation.lang_to_id ?? {});
    if (!generation.is_multilingual || codes.length === 0) return {};
    const { last_hidden_state } = await sessions.model.run({ input_features: features.ort_tensor });
    const encoded = new NewTensor(last_hidden_state as never);
    return { encoder_outputs: encoded, language: await detect(encoded, codes), task: "transcribe" };
  }

  return async (features, seconds) => {
    const options = {
      inputs: features,
      return_timestamps: true,
      return_token_timestamps: timesWords,
      num_frames: Math.floor(seconds * 100),
      max_new_tokens: Math.ceil(16 + seconds * tokensPerSecond),
      ...(await languageOptions(features)),
    };
    const written = (await model.generate(options as never)) as unknown as Written | Tensor;
    const sequences = "sequences" in written ? written.sequences : (written as Tensor);
    const ids = (sequences.tolist()[0] as (number | bigint)[]).map(Number);
    if (!("token_timestamps" in written)) {
      const markOf = (id: number) => (isMark(id) ? (id - generation.no_timestamps_token_id - 1) * markSeconds : null);
      return { pieces: toSentences(ids, markOf, isText, seconds, tokenizer), are: "sentences" };
    }
    const times = written.token_timestamps.tolist()[0] as number[];
    return { pieces: toWords(timeTokens(ids, times, isText, seconds, tokenizer)), are: "words" };
  };
}

/** Texts between two marks of time. */
function toSentences(
  ids: readonly number[],
  markOf: (id: number) => number | null,
  isText: (id: number) => boolean,
  seconds: number,
  tokenizer: PreTrainedTokenizer,
): SpokenWord[] {
  const sentences: SpokenWord[] = [];
  let [startSeconds, open]: [number, number[]] = [0, []];
  const close = (endSeconds: number) => {
    const text = open.length === 0 ? "" : tokenizer.decode(open).trim();
    if (/[\p{L}\p{N}]/u.test(text))
      sentences.push({ text, startSeconds, endSeconds: Math.max(startSeconds, endSeconds) });
    open = [];
  };
  for (const id of ids) {
    const mark = markOf(id);
    if (mark !== null) {
      close(Math.min(mark, seconds));
      startSeconds = Math.min(mark, seconds);
    } else if (isText(id)) open.push(id);
  }
  close(seconds);
  return sentences;
}

/** Tokens of text with their times. What the library gives as a token's time is when the next one begins; those of marks are no use. */
function timeTokens(
  ids: readonly number[],
  times: readonly number[],
  isText: (id: number) => boolean,
  seconds: number,
  tokenizer: PreTrainedTokenizer,
): TimedToken[] {
  const endOf = (at: number) => Math.min(seconds, Math.max(0, times[at] ?? seconds));
  let before: number | null = null;
  return joinCharacters(ids, isText, tokenizer).map(({ from, to, text }) => {
    const startSeconds = endOf(before ?? from - 1);
    before = to;
    return { text, startSeconds, endSeconds: endOf(to) };
  });
}

/** The texts of tokens; several tokens that are one character together are one text. */
function joinCharacters(ids: readonly number[], isText: (id: number) => boolean, tokenizer: PreTrainedTokenizer) {
  const texts: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  for (let from = 0; from < ids.length; from++) {
    if (!isText(ids[from] as number)) continue;
    let to = from;
    let text = tokenizer.decode([ids[to] as number]);
    while (text.includes("\ufffd") && to + 1 < ids.length && to - from < 8 && isText(ids[to + 1] as number))
      text = tokenizer.decode(ids.slice(from, ++to + 1) as number[]);
    texts.push({ from, to, text });
    from = to;
  }
  return texts;
}
