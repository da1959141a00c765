import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AuroraError } from "../../../src/errors.ts";
import { createTokenizer } from "../../../src/text/tokenizer.ts";

/** What Python's `tokenizers` says; made by training/fixtures/make_tokenizer_cases.py. */
const cases: { encoded: [string, number[]][]; decoded: [number[], string][] } = readJson(
  "tests/fixtures/text/tokenizer-cases.json",
);
const json = readJson("public/models/nano/tokenizer.json");
const tokenizer = createTokenizer(json);

describe("the embedded model's tokenizer", () => {
  test("encodes as Python's does", () => {
    expect(cases.encoded.length).toBeGreaterThan(200);
    for (const [text, ids] of cases.encoded) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });

  test("decodes id by id as Python's does at once", () => {
    expect(cases.decoded.length).toBeGreaterThan(90);
    for (const [ids, text] of cases.decoded) {
      const decoder = tokenizer.createDecoder();
      const pieces = [...ids.map((id) => decoder.push(id)), decoder.finish()];
      expect(pieces.join(""), ids.join(" ")).toBe(text);
    }
  });

  test("gives back what it encoded", () => {
    for (const [text, ids] of cases.encoded) {
      const decoder = tokenizer.createDecoder();
      expect([...ids.map((id) => decoder.push(id)), decoder.finish()].join("")).toBe(text);
    }
  });

  test("holds the bytes of a character back until it is whole", () => {
    const ids = tokenizer.encode("a🦊b");
    expect(ids).toHaveLength(6);
    const decoder = tokenizer.createDecoder();
    expect(ids.map((id) => decoder.push(id))).toEqual(["a", "", "", "", "🦊", "b"]);
    const cut = tokenizer.createDecoder();
    expect(ids.slice(0, 3).map((id) => cut.push(id))).toEqual(["a", "", ""]);
    expect(cut.finish()).toBe("\ufffd");
    expect(cut.finish()).toBe("");
  });

  test("gives no text for special tokens and ids it does not know", () => {
    const decoder = tokenizer.createDecoder();
    const [a] = tokenizer.encode("a");
    expect([0, 1, 1222, -1, a ?? -1, 0].map((id) => decoder.push(id)).join("")).toBe("a");
  });

  test("states its special tokens and its range of ids", () => {
    expect([...tokenizer.specialTokens]).toEqual([
      ["<|endoftext|>", 0],
      ["<image>", 1],
    ]);
    expect(tokenizer.idLimit).toBe(1222);
  });

  test("reads a lone surrogate as U+FFFD", () => {
    expect(tokenizer.encode("a\ud83d b")).toEqual(tokenizer.encode("a\ufffd b"));
  });
});

test("puts spaces that a decoder takes from the token before", () => {
  const words = createTokenizer({
    ...json,
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: { type: "BPE", unk_token: "?", merges: [], vocab: { "?": 2, "▁": 3, a: 4, b: 5 } },
  });
  const decoder = words.createDecoder();
  expect([3, 4, 3, 5].map((id) => decoder.push(id)).join("") + decoder.finish()).toBe("a b");
});

describe("a broken tokenizer.json", () => {
  const { vocab, ...model } = json.model;
  const broken: [string, unknown][] = [
    ["null", null],
    ["text", "tokenizer"],
    ["list", []],
    ["no model", { ...json, model: undefined }],
    ["no vocabulary", { ...json, model }],
    ["no merges", { ...json, model: { ...json.model, merges: null } }],
    ["no added tokens", { ...json, added_tokens: undefined }],
    ["unknown model", { ...json, model: { ...json.model, type: "Oracle", vocab: 7 } }],
    ["unknown pre-tokenizer", { ...json, pre_tokenizer: { type: "Oracle" } }],
    ["id that is a text", { ...json, model: { ...json.model, vocab: { ...vocab, b: "67" } } }],
    ["negative id", { ...json, added_tokens: [{ id: -1, content: "x", special: true }] }],
    ["vocabulary that lacks merged tokens", { ...json, model: { ...json.model, unk_token: "no", vocab: { x: 0 } } }],
  ];
  test.each(broken)("%s", (_, content) => {
    expect(() => createTokenizer(content)).toThrow(AuroraError);
    expect(() => createTokenizer(content)).toThrow(/tokenizer is damaged/);
  });
});

function readJson(path: string) {
  return JSON.parse(readFileSync(path, "utf8"));
}
