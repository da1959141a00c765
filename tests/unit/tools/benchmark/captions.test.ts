import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addBleu, bleu, countBleu } from "../../../../tools/benchmark/captions/bleu.ts";
import { cider } from "../../../../tools/benchmark/captions/cider.ts";
import { reportCaptions } from "../../../../tools/benchmark/captions/report.ts";
import { rougeL } from "../../../../tools/benchmark/captions/rouge.ts";
import { tokenize } from "../../../../tools/benchmark/captions/tokenize.ts";

/** What pycocoevalcap makes of 100 videos' captions (`training/fixtures/make_benchmarks.py`). */
const fixture: {
  readonly videos: readonly { readonly said: string; readonly references: readonly string[] }[];
  readonly tokens: readonly { readonly caption: string; readonly tokens: string }[];
  readonly bleu: readonly number[];
  readonly rouge: number;
  readonly rouges: readonly number[];
  readonly cider: number;
  readonly ciders: readonly number[];
} = JSON.parse(readFileSync("tests/fixtures/benchmark/captions.json", "utf8"));

const captions = fixture.videos.map(({ said, references }) => ({
  candidate: tokenize(said),
  references: references.map(tokenize),
}));

test("takes sentences apart as Stanford's tokenizer does", () => {
  expect(captions).toHaveLength(100);
  for (const { caption, tokens } of fixture.tokens) expect(tokenize(caption), caption).toBe(tokens);
});

test("BLEU, ROUGE-L and CIDEr are pycocoevalcap's", () => {
  const counts = captions.map(({ candidate, references }) => countBleu(candidate, references));
  for (const [i, value] of bleu(addBleu(counts)).entries())
    expect(Math.abs(value - (fixture.bleu[i] ?? 0))).toBeLessThan(1e-4);
  const ciders = cider(captions);
  for (const [i, { candidate, references }] of captions.entries()) {
    expect(Math.abs(rougeL(candidate, references) - (fixture.rouges[i] ?? 0))).toBeLessThan(1e-4);
    expect(Math.abs((ciders[i] ?? 0) - (fixture.ciders[i] ?? 0))).toBeLessThan(1e-4);
  }
});

test("the table has them in percent, and METEOR only from its own program", async () => {
  const given = fixture.videos.map(({ said, references }) => ({ answer: said, references }));
  const { rows, notes } = await reportCaptions(given, null);
  const names = ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "METEOR", "ROUGE-L", "CIDEr"];
  expect(rows.map(({ name }) => name)).toEqual(names);
  const expected = [...fixture.bleu, null, fixture.rouge, fixture.cider];
  for (const [i, value] of expected.entries()) {
    const figure = rows[i]?.figures[0] ?? null;
    if (value === null) expect(figure).toBeNull();
    else expect(Math.abs((figure?.value ?? 0) - 100 * value)).toBeLessThan(1e-2);
    if (figure) expect(figure.error).toBeGreaterThan(0);
  }
  expect(notes).toEqual([expect.stringMatching(/METEOR/)]);
  await expect(reportCaptions(given, "nowhere/meteor.jar")).rejects.toThrow(/There is no file nowhere/);
});
