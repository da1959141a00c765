import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createQueryTokenizer } from "../../../src/search/query-tokens.ts";

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/search/${path}`, import.meta.url), "utf8"));

it.each(["siglip", "siglip2"])("ids of texts are those of transformers: %s", (name) => {
  const { texts, ids } = read(`${name}/reference.json`) as { texts: string[]; ids: number[][] };
  const [json, settings] = [read(`${name}/tokenizer.json`), read(`${name}/tokenizer_config.json`)];
  const tokenizer = createQueryTokenizer(json, settings, { tokens: 64, vocabSize: 420 });
  expect(texts.map((text) => tokenizer.encode(text))).toEqual(ids);
  expect(tokenizer.encode("</s><eos>")).not.toEqual(tokenizer.encode(""));
  expect(() => createQueryTokenizer({}, settings, { tokens: 64, vocabSize: 420 })).toThrow(/tokenizer/);
  expect(() => createQueryTokenizer(json, { ...settings, eos_token: "?" }, { tokens: 64, vocabSize: 420 })).toThrow(
    /eos_token/,
  );
});
