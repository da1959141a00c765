import { readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../tools/ask.ts";
import { convert } from "../../tools/convert.ts";
import type { Host } from "../../tools/host.ts";
import { references } from "../sample-answers.ts";
import { lend, noBrowser, openTestHost, type Run, runAlone, runHere, said } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

/** One browser and one opened model for all that need no process of their own. */
let host: Host;
beforeAll(async () => {
  host = await openTestHost();
});
afterAll(() => host.close());

test.each(references)("answers about $clip as the reference does", async ({ clip, frames, questions }) => {
  const asked = questions.map(({ question }) => question);
  const options = {
    model: host.modelAddress("public/models/nano"),
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

test("chats without a clip with a model for text only, and with no other", async () => {
  const folder = "tests/fixtures/checkpoints/rwkv-world";
  const silent = { print: () => undefined, warn: () => undefined };
  await convert([`${folder}/files`, "--out", scratch("rwkv-world"), "--quant", "f16"], silent);
  const [turn] = JSON.parse(readFileSync(`${folder}/reference/chat.json`, "utf8"));
  const options = {
    url: null,
    encoder: "auto",
    fps: null,
    at: null,
    from: "memory",
    questions: [turn.question],
  } as const;
  const model = host.modelAddress(scratch("rwkv-world"));
  const { answers, frames, visualTokens } = await host.run("ask", { ...options, model }, []);
  const expected = new TextDecoder().decode(Buffer.from(turn.text, "hex"));
  expect(answers).toEqual([expect.objectContaining({ question: turn.question, asOfSeconds: null })]);
  expect(answers[0]?.answer.slice(0, expected.length)).toBe(expected);
  expect([frames, visualTokens]).toEqual([0, 0]);
  const shown = host.run("ask", { ...options, model }, ["public/samples/one-object.mp4"]);
  await expect(shown).rejects.toThrow(/is a model for text only: it can chat, but not see/);
  const nano = host.modelAddress("public/models/nano");
  await expect(host.run("ask", { ...options, model: nano }, [])).rejects.toThrow(/No video was given, which nano-v6/);
});

/** Expects the JSON of a run about a clip of eight frames: the reference's answers, and all figures. */
function expectFigures(run: Run, clip: string, from: "memory" | "look-again"): void {
  const questions = questionsOf(clip);
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
}

function questionsOf(clip: string) {
  return references.find((each) => each.clip === clip)?.questions ?? [];
}

/** The command line that asks all questions about a clip. */
function allAbout(clip: string, from: string): string[] {
  const asked = questionsOf(clip).flatMap(({ question }) => ["--question", question]);
  return [`public/samples/${clip}`, ...asked, "--from", from, "--json"];
}

test("prints JSON with all figures, from memory", async () => {
  const run = await runHere(ask, lend(host), ...allAbout("one-object.mp4", "memory"));
  expectFigures(run, "one-object.mp4", "memory");
});

test("as a person runs it: JSON with all figures from looking again, and one line about what is wrong", async () => {
  expectFigures(await runAlone("ask", ...allAbout("counting.mp4", "look-again")), "counting.mp4", "look-again");
  const wrong = await runAlone("ask", "public/samples/counting.mp4", "-q", "?", "--colour");
  expect(said(wrong)).toEqual([expect.stringMatching(/--colour/)]);
  expect(wrong).toMatchObject({ code: 1, out: "" });
});

test("prints one answer alone, and takes the rate and the second to answer as of", async () => {
  const options = ["-q", "What is happening?", "--fps", "1", "--at", "2.5"];
  const run = await runHere(ask, lend(host), "public/samples/one-object.mp4", ...options);
  expect(run.code).toBe(0);
  expect(run.out).toMatch(/^\w[^\n]*\.\n$/);
});

test("says on standard error what could not be watched of a file that was cut off", async () => {
  const whole = readFileSync("tests/fixtures/media/h264-index-first.mp4");
  const cut = scratch("cut.mp4");
  writeFileSync(cut, whole.subarray(0, Math.round(whole.length * 0.7)));
  const run = await runHere(ask, lend(host), cut, "-q", "What do you see?");
  expect(said(run)).toEqual([expect.stringMatching(/^VideoUnreadable: The file is cut off/)]);
  expect(run).toMatchObject({ code: 0, out: expect.stringMatching(/\w+\.\n$/) });
});

test("saves what was seen, which then answers without the video, word for word, and is watched on", async () => {
  const saved = scratch("pig.aurora");
  const [question = ""] = questionsOf("one-object.mp4").map((each) => each.question);
  const clip = "public/samples/one-object.mp4";
  const first = await runHere(ask, lend(host), clip, "-q", question, "--save", saved);
  expect(first).toMatchObject({ code: 0, out: `${questionsOf("one-object.mp4")[0]?.memory}\n` });
  expect(statSync(saved).size).toBeGreaterThan(253_440);
  expect(statSync(saved).size).toBeLessThan(1_000_000);
  expect(await runHere(ask, lend(host), "--memory", saved, "-q", question)).toEqual(first);
  const on = await runHere(ask, lend(host), "public/samples/counting.mp4", "--memory", saved, "-q", "?", "--json");
  expect(JSON.parse(on.out)).toMatchObject({ frames: 16, answers: [{ asOfSeconds: 7.5, fromNeighbour: false }] });
});

test("answers as of a moment that is gone from the nearest key state, and says so", async () => {
  const saved = scratch("whole.aurora");
  expect((await runHere(ask, lend(host), "public/samples/one-object.mp4", "--save", saved)).code).toBe(0);
  const run = await runHere(ask, lend(host), "--memory", saved, "-q", "What do you see?", "--at", "1");
  expect(said(run)).toEqual([expect.stringMatching(/is gone.* at 3\.5 s/)]);
  expect(run.code).toBe(0);
});

test("says in one line what is wrong with a memory", async () => {
  const text = scratch("text.aurora");
  writeFileSync(text, "It was a dark and stormy night.\n".repeat(300));
  expectRefusal(await runHere(ask, lend(host), "--memory", text, "-q", "?"), /^MemoryUnreadable: /);
  expectRefusal(
    await runHere(ask, noBrowser, "--memory", "none.aurora", "-q", "?"),
    /^MemoryUnreadable: There is no file/,
  );
});

test("says in one line what is wrong with a video", async () => {
  const text = scratch("text.mp4");
  writeFileSync(text, "It was a dark and stormy night.\n".repeat(300));
  expectRefusal(await runHere(ask, lend(host), text, "-q", "?"), /^VideoUnreadable: .*not a video/);
});

test("says in one line what is wrong with its arguments, and starts no browser", async () => {
  const wrong: [args: string[], line: RegExp][] = [
    [["none.mp4", "-q", "?"], /^VideoUnreadable: There is no file none\.mp4/],
    [["public/samples/counting.mp4", "-q", "?", "--model", "nowhere"], /^ModelNotFound: .*nowhere/],
    [["public/samples/counting.mp4"], /^usage: npm run ask/],
    [["public/samples/counting.mp4", "-q", "?", "--from", "hearsay"], /--from is one of memory, look-again/],
    [["public/samples/counting.mp4", "-q", "?", "--fps", "0"], /--fps 0/],
    [["public/samples/counting.mp4", "-q", "?", "--colour"], /--colour/],
  ];
  for (const [args, line] of wrong) expectRefusal(await runHere(ask, noBrowser, ...args), line);
});

function expectRefusal(run: Run, line: RegExp): void {
  expect(said(run)).toEqual([expect.stringMatching(line)]);
  expect(run).toMatchObject({ code: 1, out: "" });
}
