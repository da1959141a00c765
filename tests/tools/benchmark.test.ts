import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { benchmark } from "../../tools/benchmark/benchmark.ts";
import type { Host } from "../../tools/host.ts";
import { lend, noBrowser, openTestHost, type Run, runHere, said } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const data = (task: string) => `tests/fixtures/benchmark/data/${task}`;

/** One browser, one opened model and two short videos for all. */
let host: Host;
beforeAll(async () => {
  host = await openTestHost();
  mkdirSync(scratch("videos/nested"), { recursive: true });
  for (const name of ["pig", "v_pig"]) copyFileSync("public/samples/one-object.mp4", scratch(`videos/${name}.mp4`));
  for (const name of ["count", "v_count"])
    copyFileSync("public/samples/counting.mp4", scratch(`videos/nested/${name}.mp4`));
  writeFileSync(scratch("videos/broken.mp4"), "It was a dark and stormy night.\n".repeat(300));
});
afterAll(() => host.close());

/** Runs a task on its small data set, from memory and few frames. */
function run(task: string, open = lend(host), ...more: string[]): Promise<Run> {
  const folders = ["--data", data(task), "--videos", scratch("videos"), "--out", scratch(`${task}/out.jsonl`)];
  const sampling = more.some((each) => ["--fps", "--frames"].includes(each)) ? [] : ["--frames", "2"];
  return runHere(benchmark, open, task, ...folders, "--from", "memory", ...sampling, ...more);
}

/** Values of the rows of a run's JSON, without their errors. */
function valuesOf({ out }: Run): { [name: string]: (number | null)[] } {
  const { rows } = JSON.parse(out) as { rows: { name: string; figures: ({ value: number } | null)[] }[] };
  const rounded = (figure: { value: number } | null) => figure && Math.round(10 * figure.value) / 10;
  return Object.fromEntries(rows.map(({ name, figures }) => [name, figures.map(rounded)]));
}

/** Tasks of multiple choice with what nano gets: by letter, by likelihood per token and by sum. The second answer is wrong on purpose. */
const choices: readonly [task: string, rows: { [name: string]: number[] }][] = [
  ["videomme", { short: [0, 100, 100], long: [0, 0, 0], all: [0, 50, 50] }],
  ["mvbench", { object_existence: [100, 100, 100], moving_attribute: [0, 0, 0], mean: [50, 50, 50] }],
  ["mlvu", { needle: [0, 100, 100], count: [0, 0, 0], mean: [0, 50, 50] }],
  ["longvideobench", { "15": [100, 100, 100], "60": [100, 0, 0], all: [100, 50, 50] }],
];

test.each(choices)("scores %s", async (task, rows) => {
  const result = await run(task, lend(host), "--json");
  expect(said(result)).toEqual([]);
  expect(valuesOf(result)).toEqual(rows);
});

test("a bad clip costs its questions alone, and the full set of EgoSchema is written for its server", async () => {
  const result = await run("egoschema", lend(host));
  const lines = result.out.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^EgoSchema +n +by letter +by likelihood +likelihood, sum +paper$/);
  expect(lines[1]).toMatch(/^all +1 +0\.0 ± +0\.0 +100\.0 ± +0\.0 +100\.0 ± +0\.0 +-$/);
  expect(result.out).toContain("1 of 3 questions have no answer");
  expect(said(result)).toContainEqual(expect.stringMatching(/^broken: VideoUnreadable: This is not a video/));
  const submission = JSON.parse(readFileSync(scratch("egoschema/egoschema-submission-likelihood.json"), "utf8"));
  expect(submission).toEqual({ pig: 0, v_pig: 0 });
});

test("scores VATEX, and goes on after a kill that left half a line: the same table", async () => {
  const whole = await run("vatex", lend(host), "--json");
  expect(valuesOf(whole)).toMatchObject({ "BLEU-1": [50], "BLEU-4": [50], METEOR: [null], "ROUGE-L": [50] });
  const path = scratch("vatex/out.jsonl");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([undefined, "pig", "count"]);
  writeFileSync(path, `${lines.slice(0, 2).join("\n")}\n`);
  appendFileSync(path, lines[2]?.slice(0, 30) ?? "");
  const other = await run("vatex", noBrowser, "--resume", "--fps", "1");
  expect(said(other)).toEqual([expect.stringMatching(/out\.jsonl is of another run/)]);
  const resumed = await run("vatex", lend(host), "--json", "--resume");
  expect(resumed.out).toBe(whole.out);
  expect(readFileSync(path, "utf8")).toBe(`${lines.join("\n")}\n`);
  expect((await run("vatex", noBrowser, "--json", "--resume")).out).toBe(whole.out);
});

test("MovieChat's breakpoints are asked as of their frame; answers are written for its judge", async () => {
  const result = await run("moviechat", lend(host), "--fps", "2", "--json");
  expect(valuesOf(result)).toEqual({ global: [null, null], breakpoint: [null, null] });
  const lines = readFileSync(scratch("moviechat/out.jsonl"), "utf8").trimEnd().split("\n").slice(1);
  const asOf = lines.map((line) => JSON.parse(line)).map(({ id, asOfSeconds, answer }) => [id, asOfSeconds, answer]);
  // Frame 30 at 20 a second, which the file says; frame 10 at the video's own 24.
  expect(asOf).toEqual([
    ["pig.json#global-0", undefined, "Yes, there is a pig."],
    ["pig.json#breakpoint-0", 1.5, "Yes, there is a pig."],
    ["rows.json#0", 0, "No, there is no cat."],
  ]);
  const written = JSON.parse(readFileSync(scratch("moviechat/moviechat-breakpoint-predictions.json"), "utf8"));
  expect(written["pig.mp4"]).toEqual([
    { time: 30, question: "Is a pig shown?", answer: "Yes.", pred: "Yes, there is a pig." },
    { time: 10, question: "Is there a cat in the video?", answer: "No.", pred: "No, there is no cat." },
  ]);
});

test("asks a judge at an address, which is not asked again about the same answers", async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { model, messages } = JSON.parse(body);
      const yes = messages[1].content.includes("Correct Answer: no");
      const content = model === "strict" ? `{'pred': '${yes ? "yes" : "no"}', 'score': ${yes ? 5 : 1}}` : "?";
      response.end(JSON.stringify({ choices: [{ message: { content } }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const judge = ["--judge", url, "--judge-model", "strict", "--json"];
  const rows = { "ActivityNet-QA": [50, 3] };
  expect(valuesOf(await run("activitynet-qa", lend(host), ...judge))).toEqual(rows);
  expect(valuesOf(await run("activitynet-qa", noBrowser, ...judge, "--resume"))).toEqual(rows);
  expect(asked).toBe(2);
  const vdc = await run("vdc", lend(host), ...judge);
  expect(valuesOf(vdc)).toEqual({ camera: [0, 1], short: [0, 1], mean: [0, 1] });
  server.close();
});

test("says in one line what is wrong with its arguments, and starts no browser", async () => {
  const given = ["--data", data("mvbench"), "--videos", scratch("videos")];
  const wrong: [args: string[], line: RegExp][] = [
    [[], /^usage: npm run benchmark/],
    [["mvbench"], /^usage: npm run benchmark/],
    [["imagenet", ...given], /--task is one of activitynet-qa, vatex/],
    [["mvbench", ...given, "--data", scratch("nowhere")], /^There is no folder or file .*nowhere/],
    [["mvbench", ...given, "--data", data("videomme")], /is none of MVBench's sub-tasks/],
    [["videomme", ...given], /"videoID" is missing|"options" is missing/],
    [["mvbench", ...given, "--videos", scratch("nowhere")], /^There is no folder .*nowhere with videos/],
    [["mvbench", ...given, "--fps", "1", "--frames", "3"], /exclude each other/],
    [["mvbench", ...given, "--judge", "http://localhost"], /needs no judge/],
    [["mvbench", ...given, "--limit", "0"], /--limit 0/],
  ];
  for (const [args, line] of wrong) {
    const result = await runHere(benchmark, noBrowser, ...args);
    expect(said(result)).toEqual([expect.stringMatching(line)]);
    expect(result).toMatchObject({ code: 1, out: "" });
  }
});
