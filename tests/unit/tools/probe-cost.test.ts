import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openPictureSet } from "../../../src/session/probe/picture-set.ts";
import { createTokenizer } from "../../../src/text/tokenizer.ts";
import { countCost } from "../../../tools/probe-cost.ts";

it("a check of the built-in model is counted as the check itself counts it", async () => {
  const read = (path: string) => readFileSync(`public/${path}`);
  const json = (path: string) => JSON.parse(read(`models/nano/${path}`).toString());
  const set = await openPictureSet({ read: async (path) => new Uint8Array(read(path)) }, "drawn");
  const { settings, encoders, frames, tokens } = countCost(
    json("config.json"),
    createTokenizer(json("tokenizer.json")),
    set,
  );
  expect({ settings, encoders }).toEqual({ settings: 15, encoders: 5 });
  // Sixteen pictures, and four for each setting of the nine that are not of the prompt.
  expect(frames).toEqual({ least: 52, most: 208 });
  // `npm run probe` said 64 frames and 3052 tokens, when one setting was tried on twelve pictures more, at 23 tokens each.
  expect(tokens.least).toBe(3052 - 12 * 23);
});
