import { corruptFile } from "../model/fields.ts";
import type { TokenDecoder, Tokenizer } from "./tokenizer.ts";
import { parseWorldVocabulary, type WorldVocabulary } from "./world-vocabulary.ts";

/** Rows of the embedding of all World models: the vocabulary's ids and some that no text becomes. */
const worldSize = 65536;

/** The first of the ids that no text becomes, whether a vocabulary lists names for them (`<|65530|>`) or not. */
const firstMark = 65530;

/**
 * Creates the tokenizer of RWKV's World models from the content of its vocabulary file. A text becomes the longest tokens
 * that its UTF-8 begins with, one after the other. Special tokens are `<|endoftext|>` (id 0) and, by their number, as
 * `<|65530|>`, the ids that the vocabulary leaves unused, which some models were trained to read as marks.
 *
 * @throws AuroraError `ModelCorrupt` when it is no such file
 */
export function createWorldTokenizer(vocabulary: Uint8Array): Tokenizer {
  const parsed = withoutMarks(parseWorldVocabulary(vocabulary));
  const findToken = createTrie(parsed);
  const specialTokens = new Map([["<|endoftext|>", 0]]);
  for (let id = parsed.idLimit; id < worldSize; id++) specialTokens.set(`<|${id}|>`, id);
  return {
    idLimit: parsed.idLimit,
    specialTokens,
    encode(text) {
      const bytes = new TextEncoder().encode(text);
      const ids: number[] = [];
      for (let at = 0; at < bytes.length; ) {
        const id = findToken(bytes, at);
        ids.push(id);
        at += tokenLength(parsed, id);
      }
      return ids;
    },
    createDecoder: () => createDecoder(parsed),
  };
}

/** A vocabulary of text only: a name that it lists for a mark must not be found in what a person writes. */
function withoutMarks(vocabulary: WorldVocabulary): WorldVocabulary {
  const { idLimit, bytes, starts } = vocabulary;
  if (idLimit <= firstMark) return vocabulary;
  return {
    idLimit: firstMark,
    bytes: bytes.subarray(0, starts[firstMark]),
    starts: starts.subarray(0, firstMark + 1),
  };
}

function tokenLength({ starts }: WorldVocabulary, id: number): number {
  return (starts[id + 1] as number) - (starts[id] as number);
}

/** Finds the longest token that bytes begin with from a place on. */
type FindToken = (bytes: Uint8Array, from: number) => number;

/**
 * A trie over the tokens' bytes. Node 0 is the root. The child of a node for a byte stands in an open-addressed table
 * under the key node · 256 + byte; 0 is none. At most half of the table is in use.
 */
function createTrie(vocabulary: WorldVocabulary): FindToken {
  const { bytes, starts, idLimit } = vocabulary;
  const sizeLog2 = Math.ceil(Math.log2(bytes.length + 1)) + 1;
  const keys = new Uint32Array(2 ** sizeLog2);
  const children = new Uint32Array(2 ** sizeLog2);
  const tokens = new Uint32Array(bytes.length + 1); // the id of the token that ends at a node; 0 is none
  let nodes = 1;

  /** Where the child is in the table, or would be. */
  function slotOf(key: number): number {
    let slot = Math.imul(key, 0x9e3779b1) >>> (32 - sizeLog2);
    while (children[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (keys.length - 1);
    return slot;
  }

  for (let id = 1; id < idLimit; id++) {
    let node = 0;
    for (let at = starts[id] as number; at < (starts[id + 1] as number); at++) {
      const key = node * 256 + (bytes[at] as number);
      const slot = slotOf(key);
      if (children[slot] === 0) {
        keys[slot] = key;
        children[slot] = nodes++;
      }
      node = children[slot] as number;
    }
    if (tokens[node] !== 0) throw corruptFile("vocabulary", `is damaged: lines ${tokens[node]} and ${id} are the same`);
    tokens[node] = id;
  }
  for (let byte = 0; byte < 256; byte++) {
    if (tokens[children[slotOf(byte)] as number] === 0)
      throw corruptFile("vocabulary", `is damaged: it has no token for byte ${byte} alone`);
  }

  return (text, from) => {
    let node = 0;
    let longest = 0;
    for (let at = from; at < text.length; at++) {
      node = children[slotOf(node * 256 + (text[at] as number))] as number;
      if (node === 0) break;
      longest = tokens[node] || longest;
    }
    return longest;
  };
}

function createDecoder({ bytes, starts, idLimit }: WorldVocabulary): TokenDecoder {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push(id) {
      if (!(id > 0 && id < idLimit)) return "";
      return decoder.decode(bytes.subarray(starts[id], starts[id + 1]), { stream: true });
    },
    finish: () => decoder.decode(),
  };
}
