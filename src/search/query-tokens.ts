import { Tokenizer } from "@huggingface/tokenizers";
import { corruptFile, Fields, isRecord } from "../model/fields.ts";
import { unsupported } from "../model/layouts/part.ts";

/** Turns a text that is looked for into the ids that SigLIP was trained on: always as many. */
export type QueryTokenizer = { encode(text: string): number[] };

/** All that Python's `string.punctuation` has: SigLIP's training took it out. */
const punctuation = /[!-/:-@[-`{-~]/g;

/**
 * SigLIP's tokenizer (pieces of words, without punctuation) or SigLIP2's (Gemma's). Both read lower case, put the end of the
 * text behind it and fill up, since the last of all positions stands for the text.
 *
 * @param json content of `tokenizer.json`
 * @param settings content of `tokenizer_config.json`
 * @throws AuroraError `ModelCorrupt`, `ModelUnsupported`
 */
export function createQueryTokenizer(
  json: unknown,
  settings: unknown,
  { tokens, vocabSize }: { readonly tokens: number; readonly vocabSize: number },
): QueryTokenizer {
  const { library, special } = open(json);
  const fields = new Fields("tokenizer_config.json", "", settings);
  const idOf = (field: string, usual: string) => {
    const value = fields.raw(field);
    const id = special.get(String(isRecord(value) ? value.content : (value ?? usual)));
    if (id === undefined) throw fields.corrupt(field, "the name of a special token");
    return id;
  };
  const pieces = isRecord(json) && isRecord(json.model) && json.model.type === "Unigram";
  const end = idOf("eos_token", "</s>");
  const pad = idOf("pad_token", pieces ? "</s>" : "<pad>");
  const left = fields.choice("padding_side", ["left", "right"], "right") === "left";
  return {
    encode(text) {
      const lower = text.toWellFormed().toLowerCase();
      const read = pieces ? lower.replaceAll(punctuation, "").replaceAll(/\s+/g, " ").trim() : lower;
      const own = read === "" ? [] : library.encode(read, { add_special_tokens: false }).ids.slice(0, tokens - 1);
      const ids = [...own, end];
      if (ids.some((id) => id >= vocabSize)) throw unsupported(`has more tokens in its tokenizer than in its weights`);
      const filling = Array<number>(tokens - ids.length).fill(pad);
      return left ? [...filling, ...ids] : [...ids, ...filling];
    },
  };
}

/** The library on the file, for which names of special tokens are ordinary text, and the ids of those. */
function open(json: unknown): { readonly library: Tokenizer; readonly special: ReadonlyMap<string, number> } {
  const added = isRecord(json) && Array.isArray(json.added_tokens) ? json.added_tokens.filter(isRecord) : [];
  const special = new Map<string, number>();
  for (const { content, id, special: is } of added)
    if (is === true && typeof content === "string" && typeof id === "number") special.set(content, id);
  try {
    const library = new Tokenizer(
      { ...(json as object), added_tokens: added.filter((each) => each.special !== true) },
      {},
    );
    library.encode("a", { add_special_tokens: false }); // some broken files fail at their first use
    return { library, special };
  } catch (error) {
    throw corruptFile("tokenizer.json", "is damaged", error);
  }
}
