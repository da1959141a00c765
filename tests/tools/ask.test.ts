import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Host, modelAddress, openHost } from "../../tools/host.ts";
import { references } from "../sample-answers.ts";
import { scratchFolder } from "./scratch.ts";

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

/** What `npm run ask` does after it has read its arguments; one browser for all clips. */
let host: Host;
beforeAll(async () => {
  host = await openHost("public/models/nano");
});
afterAll(() => host.close());

test.each(references)("answers about $clip as the reference does", async ({ clip, frames, questions }) => {
  const asked = questions.map(({ question }) => question);
  const options = {
    model: modelAddress("public/models/nano"),
    url: null,
    encoder: "auto",
    fps: null,
    at: null,
    from: "memory",
  } as const;
  const result = await host.run("ask", { ...options, questions: asked }, [`public/samples/${clip}`]);
  const answers = result.answers.map(({ question, answer }) => ({ question, answer }));
  expect(answers).toEqual(questions.map(({ question, memory }) => ({ question, answer: memory })));
  expect(result).toMatchObject({ frames, visualTokens: frames * 12, stateBytes: 253_440, notices: [] });
});

test.each([
  ["one-object.mp4", "memory"],
  ["counting.mp4", "look-again"],
] as const)("prints JSON with all figures: %s, from %s", async (clip, from) => {
  const questions = references.find((each) => each.clip === clip)?.questions ?? [];
  const asked = questions.flatMap(({ question }) => ["--question", question]);
  const run = await ask(`public/samples/${clip}`, ...asked, "--from", from, "--json");
  expect(said(run)).toEqual([]);
  expect(run.code).toBe(0);
  const result = JSON.parse(run.out);
  expect(result.answers.map(({ answer }: { answer: string }) => answer)).toEqual(questions.map((each) => each[from]));
  for (const { question, tokens, firstTokenMs, tokensPerSecond } of result.answers) {
    expect(questions.map((each) => each.question)).toContain(question);
    expect(tokens).toBeGreaterThan(1);
    expect(firstTokenMs).toBeGreaterThan(0);
    expect(tokensPerSecond).toBeGreaterThan(0);
  }
  expect(result).toMatchObject({ frames: 8, visualTokens: 96, stateBytes: 253_440, notices: [] });
  expect(result.watchMs).toBeGreaterThan(0);
  expect(result.gpuBytes).toBeGreaterThan(result.stateBytes);
  expect(result.adapter).toMatch(/\w/);
});

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
    [["public/samples/counting.mp4", "-q", "?", "--model", "nowhere"], /^ModelNotFound: .*nowhere/],
    [["public/samples/counting.mp4"], /^usage: npm run ask/],
    [["public/samples/counting.mp4", "-q", "?", "--from", "hearsay"], /--from is one of memory, look-again/],
    [["public/samples/counting.mp4", "-q", "?", "--fps", "0"], /--fps 0/],
    [["public/samples/counting.mp4", "-q", "?", "--colour"], /--colour/],
  ];
  for (const [args, line] of wrong) {
    const run = await ask(...args);
    expect(said(run)).toEqual([expect.stringMatching(line)]);
    expect(run).toMatchObject({ code: 1, out: "" });
  }
});
