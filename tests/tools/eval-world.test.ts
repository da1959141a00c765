import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate } from "../../tools/eval.ts";
import type { Host } from "../../tools/host.ts";
import { lend, openTestHost, runHere, said } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

let host: Host;
beforeAll(async () => {
  host = await openTestHost();
});
afterAll(() => host.close());

test("gives PyTorch's answers about a suite of the world, which are mostly right, both ways", async () => {
  type Said = { readonly clip: string; readonly question: string; readonly memory: string; readonly lookAgain: string };
  const folder = "tests/fixtures/suite";
  const answers = scratch("suite.json");
  const run = await runHere(evaluate, lend(host), "--suite", folder, "--json", "--answers", answers);
  expect(said(run)).toEqual([]);
  const theirs: readonly Said[] = JSON.parse(readFileSync(`${folder}/answers.json`, "utf8"));
  const ours: readonly Said[] = JSON.parse(readFileSync(answers, "utf8"));
  expect(new Set(ours.map(({ clip }) => clip)).size).toBe(12);
  expect(ours.length).toBeGreaterThan(100);
  for (const way of ["memory", "lookAgain"] as const) {
    const differing = ours.filter((mine) => {
      const same = theirs.find(({ clip, question }) => clip === mine.clip && question === mine.question);
      return same?.[way] !== mine[way];
    });
    expect(differing.length, JSON.stringify(differing)).toBeLessThanOrEqual(0.005 * ours.length);
  }
  const { accuracy, lookAgain } = JSON.parse(run.out);
  expect(accuracy).toBeGreaterThan(0.6);
  expect(lookAgain.accuracy).toBeGreaterThan(0.6);
}, 600_000);
