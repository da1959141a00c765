import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scratchFolder } from "./scratch.ts";

type Reference = {
  readonly clip: string;
  readonly frames: number;
  readonly questions: readonly { readonly question: string; readonly memory: string; readonly "look-again": string }[];
};
const references: readonly Reference[] = JSON.parse(readFileSync("public/samples/answers.json", "utf8"));
const scratch = scratchFolder();

type Run = { readonly code: number; readonly out: string; readonly err: string };

/** Runs `npm run ask` as a person does. */
function ask(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile("npm", ["run", "--silent", "ask", "--", ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, out, err });
    });
  });
}

/** What a tool said on standard error, without npm's own remarks. */
function said({ err }: Run): string[] {
  return err.split("\n").filter((line) => line !== "" && !line.startsWith("npm "));
}

for (const { clip, frames, questions } of references) {
  test.each(["memory", "look-again"] as const)(`answers about ${clip} as the reference does, from %s`, async (from) => {
    const asked = questions.flatMap(({ question }) => ["--question", question]);
    const run = await ask(`public/samples/${clip}`, ...asked, "--from", from, "--json");
    expect(said(run)).toEqual([]);
    expect(run.code).toBe(0);
    const result = JSON.parse(run.out);
    const answers = result.answers.map(({ question, answer }: Record<string, string>) => ({ question, answer }));
    expect(answers).toEqual(questions.map((each) => ({ question: each.question, answer: each[from] })));
    for (const { tokens, firstTokenMs, tokensPerSecond } of result.answers) {
      expect(tokens).toBeGreaterThan(1);
      expect(firstTokenMs).toBeGreaterThan(0);
      expect(tokensPerSecond).toBeGreaterThan(0);
    }
    expect(result).toMatchObject({ frames, stateBytes: 253_440, notices: [] });
    expect(result.visualTokens).toBe(frames * 12);
    expect(result.watchMs).toBeGreaterThan(0);
    expect(result.gpuBytes).toBeGreaterThan(result.stateBytes);
    expect(result.adapter).toMatch(/\w/);
  });
}

test("prints one answer alone, and takes the rate and the second to answer as of", async () => {
  const run = await ask("public/samples/one-object.mp4", "-q", "What is happening?", "--fps", "1", "--at", "2.5");
  expect(run.code).toBe(0);
  expect(run.out).toMatch(/^\w[^\n]*\.\n$/);
});

test("says on standard error what could not be watched of a file that was cut off", async () => {
  const whole = readFileSync("tests/fixtures/media/h264-index-first.mp4");
  const cut = scratch("cut.mp4");
  writeFileSync(cut, whole.subarray(0, Math.round(whole.length * 0.7)));
  const run = await ask(cut, "-q", "What do you see?");
  expect(said(run)).toEqual([expect.stringMatching(/^VideoUnreadable: The file is cut off/)]);
  expect(run).toMatchObject({ code: 0, out: expect.stringMatching(/\w+\.\n$/) });
});

test("says in one line what is wrong, and fails", async () => {
  const text = scratch("text.mp4");
  writeFileSync(text, "It was a dark and stormy night.\n".repeat(300));
  const wrong: [args: string[], line: RegExp][] = [
    [[text, "-q", "?"], /^VideoUnreadable: .*not a video/],
    [["none.mp4", "-q", "?"], /^VideoUnreadable: There is no file none\.mp4/],
    [["public/samples/sequence.mp4", "-q", "?", "--model", "nowhere"], /^ModelNotFound: .*nowhere/],
    [["public/samples/sequence.mp4"], /^usage: npm run ask/],
    [["public/samples/sequence.mp4", "-q", "?", "--from", "hearsay"], /--from is one of memory, look-again/],
    [["public/samples/sequence.mp4", "-q", "?", "--fps", "0"], /--fps 0/],
    [["public/samples/sequence.mp4", "-q", "?", "--colour"], /--colour/],
  ];
  for (const [args, line] of wrong) {
    const run = await ask(...args);
    expect(said(run)).toEqual([expect.stringMatching(line)]);
    expect(run).toMatchObject({ code: 1, out: "" });
  }
});
