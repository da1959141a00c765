import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { AuroraError } from "../errors.ts";
import { isRecord } from "../model/fields.ts";

/** Text ↔ token ids. */
export type Tokenizer = {
  /** Every id that text becomes, and every id that may be generated, is below this. */
  readonly idLimit: number;
  /** Names of special tokens, such as `<|endoftext|>`, and their ids. */
  readonly specialTokens: ReadonlyMap<string, number>;
  /** Ids of a text, with nothing added. Names of special tokens in it are ordinary text, since a person may have typed them. */
  encode(text: string): number[];
  /** A decoder for one answer. */
  createDecoder(): TokenDecoder;
};

/** Turns ids into text as they come; the texts of all calls joined are the text of all ids. Special tokens give no text. */
export type TokenDecoder = {
  /** The text that is final after one more id; "" while a character is incomplete. */
  push(id: number): string;
  /** The text held back so far, incomplete characters as U+FFFD. */
  finish(): string;
};

/**
 * Creates a tokenizer from the content of a Hugging Face `tokenizer.json`.
 *
 * @throws AuroraError `ModelCorrupt` when it is not one
 */
export function createTokenizer(json: unknown): Tokenizer {
  try {
    return wrap(json as TokenizerJson);
  } catch (error) {
    throw new AuroraError("ModelCorrupt", "The model's tokenizer is damaged. Use another copy of the model.", error);
  }
}

/** The parts of the file that are used here; the library looks at the rest. */
type TokenizerJson = {
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[];
  readonly model: { readonly vocab: unknown };
};

function wrap(json: TokenizerJson): Tokenizer {
  checkIds(json);
  const added = json.added_tokens;
  const specialTokens = new Map(added.filter(({ special }) => special).map(({ content, id }) => [content, id]));
  const library = new HuggingFaceTokenizer({ ...json, added_tokens: added.filter(({ special }) => !special) }, {});
  const known = new Set<number>();
  for (const [token, id] of library.get_vocab()) if (token !== undefined) known.add(id);
  let idLimit = 0;
  for (const id of [...known, ...specialTokens.values()]) idLimit = Math.max(idLimit, id + 1);
  for (const id of specialTokens.values()) known.delete(id);
  const encode = (text: string) => library.encode(text.toWellFormed(), { add_special_tokens: false }).ids;
  // The library takes some broken files and fails at their first use: let it fail here.
  if (known.size === 0 || encode("Ab 1.").some((id) => !known.has(id)))
    throw new Error("text becomes no tokens of the vocabulary");
  return { idLimit, specialTokens, encode, createDecoder: () => createDecoder(library, known) };
}

function checkIds({ added_tokens: added, model }: TokenizerJson): void {
  const vocabulary = isRecord(model.vocab) ? Object.entries(model.vocab) : [];
  for (const [token, id] of [...added.map(({ content, id }) => [content, id] as const), ...vocabulary]) {
    if (typeof token === "string" && typeof id === "number" && Number.isSafeInteger(id) && id >= 0) continue;
    throw new Error(`token ${token} has id ${id}`);
  }
}

/**
 * Decodes a window of the last ids with and without the newest ones and yields the difference: spaces that depend on
 * neighbours come out right, and cut characters (U+FFFD at the end) wait for their rest.
 */
function createDecoder(library: HuggingFaceTokenizer, known: ReadonlySet<number>): TokenDecoder {
  let yielded: number[] = [];
  let waiting: number[] = [];
  const newText = () => decode(library, [...yielded, ...waiting]).slice(decode(library, yielded).length);
  return {
    push(id) {
      if (!known.has(id)) return "";
      waiting.push(id);
      const text = newText();
      if (text === "" || text.endsWith("\ufffd")) return "";
      yielded = waiting;
      waiting = [];
      return text;
    },
    finish() {
      const text = waiting.length > 0 ? newText() : "";
      yielded = [];
      waiting = [];
      return text;
    },
  };
}

function decode(library: HuggingFaceTokenizer, ids: number[]): string {
  return ids.length === 0 ? "" : library.decode(ids, { clean_up_tokenization_spaces: false });
}
