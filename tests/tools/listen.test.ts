import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../tools/ask.ts";
import { find } from "../../tools/find.ts";
import type { Host } from "../../tools/host.ts";
import { lend, noBrowser, openTestHost, runHere, said } from "./run.ts";

const speech = "tests/fixtures/speech/speech.mp4";

let host: Host;
beforeAll(async () => {
  host = await openTestHost();
});
afterAll(() => host.close());

test("what is said is printed without a question, in the form that is asked for", async () => {
  const run = await runHere(ask, lend(host), speech, "--transcript", "vtt");
  expect(said(run)).toEqual([]);
  expect(run.code).toBe(0);
  expect(run.out).toMatch(
    /^WEBVTT\n\n00:00:0[01]\.\d{3} --> 00:00:0\d\.\d{3}\n.*fox.*\n\n00:00:0[45]\.\d{3} --> .*\n.*station.*\n$/,
  );
  const silent = await runHere(ask, lend(host), "public/samples/one-object.mp4", "--transcript", "srt");
  expect(said(silent)).toEqual(["This video has no sound."]);
  expect(silent.code).toBe(0);
});

test("a moment is found by what is said in it", async () => {
  const run = await runHere(find, lend(host), speech, "evening trian", "--in", "said", "--json");
  expect(run.code).toBe(0);
  expect(JSON.parse(run.out)).toEqual([
    {
      kind: "said",
      seconds: expect.closeTo(5, 0),
      until: expect.closeTo(8.3, 0),
      score: 1,
      text: expect.stringMatching(/station for the evening train/),
    },
  ]);
  const nothing = await runHere(find, lend(host), speech, "giraffe");
  expect(nothing).toMatchObject({ code: 0, out: "", err: "Nothing found.\n" });
});

test("a moment is found by what was seen and noted in it", async () => {
  const where = ["--in", "seen,noted", "--search-model", "tests/fixtures/search/siglip", "--json"];
  const run = await runHere(find, lend(host), "public/samples/one-object.mp4", "a pig", ...where, "--fps", "2");
  expect(run).toMatchObject({ code: 0, err: "" });
  const moments = JSON.parse(run.out) as { kind: string; seconds: number; score: number }[];
  expect(moments.filter(({ kind }) => kind === "seen")).toHaveLength(8);
  expect(moments.map(({ score }) => score)).toEqual(moments.map(({ score }) => score).sort((a, b) => b - a));
});

test("what makes no sense is refused before a browser is started", async () => {
  for (const [tool, ...args] of [
    [ask, speech],
    [ask, speech, "--transcript", "pdf"],
    [find, speech],
    [find, speech, "word", "--in", "heard"],
    [find, speech, "word", "--in", "seen"],
    [find, speech, "word", "--search-model", "no such folder"],
    [find, "no-such-file.mp4", "word"],
  ] as const) {
    const run = await runHere(tool, noBrowser, ...args);
    expect(run.code).toBe(1);
    expect(said(run)).toHaveLength(1);
  }
});
