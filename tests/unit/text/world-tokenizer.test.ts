import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AuroraError } from "../../../src/errors.ts";
import { parseConfig } from "../../../src/model/config.ts";
import { openTokenizer } from "../../../src/text/open-tokenizer.ts";
import { largestPromptId, nextTurnPrompt } from "../../../src/text/prompt.ts";
import { createStopFilter } from "../../../src/text/stop-filter.ts";
import { createWorldTokenizer } from "../../../src/text/world-tokenizer.ts";

/** What the Python package `rwkv` says; made by training/fixtures/make_world_tokenizer_cases.py. */
const cases: { encoded: [string, number[]][]; decoded: [number[], string][] } = JSON.parse(
  readFileSync("tests/fixtures/text/world-tokenizer-cases.json", "utf8"),
);
const file = new Uint8Array(readFileSync("public/tokenizers/rwkv_vocab_v20230424.txt"));
const tokenizer = createWorldTokenizer(file);

function decode(ids: readonly number[]): string {
  const decoder = tokenizer.createDecoder();
  return [...ids.map((id) => decoder.push(id)), decoder.finish()].join("");
}

describe("the World tokenizer", () => {
  test.each([
    ["User: hi\n\nAssistant:", [24281, 59, 4571, 261, 5585, 41693, 59]],
    ["\n\n", [261]],
    ["\nElon Musk has", [11, 994, 2098, 29435, 21800]],
    ["hello 12345 世界😀", [34550, 3485, 654, 54, 33, 10267, 14610, 3319, 153, 129]],
    ["", []],
  ])("encodes %j", (text, ids) => {
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  test("encodes as the rwkv package does, and gives back what it encoded", () => {
    expect(cases.encoded.length).toBeGreaterThan(200);
    for (const [text, ids] of cases.encoded) {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
      expect(decode(ids)).toBe(text);
    }
  });

  test("decodes id by id as Python decodes all at once", () => {
    expect(cases.decoded.length).toBeGreaterThan(90);
    for (const [ids, text] of cases.decoded) expect(decode(ids), ids.join(" ")).toBe(text);
  });

  test("has marks for ids also where its file lists names for them, as some releases' do", () => {
    const lines = Array.from({ length: 6 }, (_, i) => `${65530 + i} '<|${65530 + i}|>' 9\n`).join("");
    const listed = createWorldTokenizer(new Uint8Array([...file, ...new TextEncoder().encode(lines)]));
    expect(listed.idLimit).toBe(65530);
    expect([...listed.specialTokens]).toEqual([...tokenizer.specialTokens]);
    expect(listed.specialTokens.get("<|65530|>")).toBe(65530);
    // What a person types is text.
    expect(listed.encode("<|65530|>")).toEqual(tokenizer.encode("<|65530|>"));
    expect(listed.encode("<|65530|>").length).toBeGreaterThan(1);
  });

  test("has a token for every byte", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    // Latin-1, so that each byte is one id; decoding them again must give the same bytes as UTF-8 would.
    expect(decode([...all].map((byte) => byte + 1))).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(all));
    for (let code = 0; code < 128; code++) expect(tokenizer.encode(String.fromCharCode(code))).toEqual([code + 1]);
  });

  test("gives back every code point", () => {
    for (let first = 0; first < 0x110000; first += 0x1000) {
      let text = "";
      for (let code = first; code < first + 0x1000; code++)
        if (code < 0xd800 || code > 0xdfff) text += String.fromCodePoint(code);
      expect(decode(tokenizer.encode(text))).toBe(text);
    }
  });

  test("reads a lone surrogate as U+FFFD", () => {
    for (const text of ["a\ud83d b", "\udc00", "\ude00\ud83d"])
      expect(decode(tokenizer.encode(text))).toBe(text.toWellFormed());
  });

  test("keeps a byte order mark", () => {
    expect(decode(tokenizer.encode("\ufeffa"))).toBe("\ufeffa");
  });

  test("holds the bytes of a character back until it is whole", () => {
    const bytes = [...new TextEncoder().encode("a🦊b")].map((byte) => byte + 1);
    const decoder = tokenizer.createDecoder();
    expect(bytes.map((id) => decoder.push(id))).toEqual(["a", "", "", "", "🦊", "b"]);
    const cut = tokenizer.createDecoder();
    expect(bytes.slice(0, 3).map((id) => cut.push(id))).toEqual(["a", "", ""]);
    expect(cut.finish()).toBe("\ufffd");
    expect(cut.finish()).toBe("");
  });

  test("gives no text for the end of text, unused ids and what is no id", () => {
    const decoder = tokenizer.createDecoder();
    expect([0, 65530, 65535, 65536, -1, 98, 0].map((id) => decoder.push(id)).join("")).toBe("a");
  });

  test("states its special tokens and its range of ids", () => {
    expect(tokenizer.idLimit).toBe(65530);
    expect([...tokenizer.specialTokens]).toEqual([
      ["<|endoftext|>", 0],
      ...[65530, 65531, 65532, 65533, 65534, 65535].map((id) => [`<|${id}|>`, id]),
    ]);
  });

  test("takes special tokens of a prompt from the template, not from the question", () => {
    const nano = JSON.parse(readFileSync("public/models/nano/config.json", "utf8"));
    const { prompt } = parseConfig({
      ...nano,
      prompt: { ...nano.prompt, next_turn: "<|65530|>\n\n{question}<|endoftext|>" },
    });
    const ids = nextTurnPrompt(prompt, tokenizer, "a<|65531|>");
    expect(ids).toEqual([65530, ...tokenizer.encode("\n\na<|65531|>"), 0]);
    expect(ids.filter((id) => id > 65529)).toEqual([65530]);
    expect(largestPromptId(prompt, tokenizer)).toBe(65530);
  });

  test("lets stop strings be found inside longer tokens", () => {
    const ids = tokenizer.encode("Two dogs. \n\nUser:");
    expect(ids.map((id) => decode([id]))).toEqual(["Two", " dogs", ".", " \n\n", "User", ":"]);
    const filter = createStopFilter(["\n\n"]);
    const decoder = tokenizer.createDecoder();
    const pieces = ids.map((id) => filter.push(decoder.push(id)));
    expect(pieces.map(({ text }) => text).join("")).toBe("Two dogs. ");
    expect(pieces.at(-1)?.stopped).toBe(true);
  });
});

describe("a vocabulary file", () => {
  /** The lines for all bytes, then `more` with the ids that follow. */
  const lines = (more: readonly string[]) => {
    const bytes = Array.from({ length: 256 }, (_, byte) => `b'\\x${byte.toString(16).padStart(2, "0")}' 1`);
    return [...bytes, ...more].map((line, i) => `${i + 1} ${line}`);
  };
  const open = (all: readonly string[], end = "\n") =>
    createWorldTokenizer(new TextEncoder().encode(all.map((line) => line + end).join("")));

  test("may have lines that end either way, and all escapes that Python writes", () => {
    const more = [`'\\n\\r\\t\\\\\\'"' 6`, `"it's\\x85" 6`, "'\\u2028é' 5", "'\\U0001f98a ' 5", "b'\\xff\"a' 3"];
    for (const end of ["\n", "\r\n"]) {
      const small = open(lines(more), end);
      expect(small.idLimit).toBe(262);
      expect(small.encode("\n\r\t\\'\"it's\u0085\u2028é🦊 ")).toEqual([257, 258, 259, 260]);
      const decoder = small.createDecoder();
      expect(decoder.push(261)).toBe('\ufffd"a');
    }
    const cut = lines(["'ab' 2"]).join("\n");
    expect(createWorldTokenizer(new TextEncoder().encode(cut)).encode("ab")).toEqual([257]);
  });

  const broken: [string, readonly string[]][] = [
    ["without lines", []],
    ["without some bytes", lines([]).slice(0, 200)],
    ["without an id", [...lines([]), "'ab' 2"]],
    ["with a wrong id", [...lines([]), "258 'ab' 2"]],
    ["with an id that is no number", [...lines([]), "257x 'ab' 2"]],
    ["with an empty line", [...lines([]), ""]],
    ["with an empty token", lines(["'' 0"])],
    ["with a token twice", lines(["'ab' 2", "b'ab' 2"])],
    ["with a wrong length", lines(["'ab' 3"])],
    ["with no length", lines(["'ab'"])],
    ["with a length that is no number", lines(["'ab' two"])],
    ["with an open quote", lines(["'ab 2"])],
    ["with a quote inside", lines(["'a'b' 3"])],
    ["with no quotes", lines(["ab 2"])],
    ["with an escape cut short", lines(["'ab\\' 2"])],
    ["with an unknown escape", lines(["'\\q' 1"])],
    ["with too few hex digits", lines(["'a\\x4' 2"])],
    ["with hex digits that are none", lines(["'a\\x+4' 2"])],
    ["with a surrogate", lines(["'\\ud800' 3"])],
    ["with a code point out of range", lines(["'\\U00110000' 4"])],
    ["with a wide character in bytes", lines(["b'é' 2"])],
    ["with a wide escape in bytes", lines(["b'\\u0141' 2"])],
    ["with a prefix that is not known", lines(["f'ab' 2"])],
  ];
  test.each(broken)("%s is damaged", (_, all) => {
    expect(() => open(all)).toThrow(AuroraError);
    expect(() => open(all)).toThrow(/The model's vocabulary is damaged/);
  });

  test("that is no text is damaged", () => {
    expect(() => createWorldTokenizer(Uint8Array.of(0x31, 0x20, 0xff))).toThrow(/no text in UTF-8/);
  });

  test("cut off anywhere is damaged or a shorter vocabulary", () => {
    for (let length = 1; length < file.length; length = Math.ceil(length * 1.37)) {
      try {
        expect(createWorldTokenizer(file.subarray(0, length)).idLimit).toBeLessThan(65530);
      } catch (error) {
        expect(error).toBeInstanceOf(AuroraError);
      }
    }
  });
});

test("the config says which tokenizer a model has", () => {
  const world = { type: "rwkv-world", file: "words.txt" } as const;
  expect(openTokenizer(world, file).encode("\n\n")).toEqual([261]);
  const bpe = { type: "huggingface", file: "words.json" } as const;
  const nano = new Uint8Array(readFileSync("public/models/nano/tokenizer.json"));
  expect(openTokenizer(bpe, nano).idLimit).toBe(1222);
  expect(() => openTokenizer(bpe, nano.subarray(0, 99))).toThrow(/words\.json is damaged: it is no JSON/);
  expect(() => openTokenizer(world, nano)).toThrow(AuroraError);
});
