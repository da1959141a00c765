import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinPictures } from "../../tools/apng.ts";
import { evaluate } from "../../tools/eval.ts";
import type { Host } from "../../tools/host.ts";
import { randomFloats } from "../close.ts";
import { pngChunk, writePng } from "../png.ts";
import { type ClipAnswers, references } from "../sample-answers.ts";
import { lend, noBrowser, openTestHost, type Run, runAlone, runHere, said } from "./run.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

/** A new suite with the clips that its questions are about, where they are samples. */
function suite(name: string, questions: readonly { readonly clip: string }[]): string {
  mkdirSync(scratch(name));
  writeFileSync(scratch(`${name}/questions.json`), JSON.stringify(questions));
  for (const clip of new Set(questions.map(({ clip }) => clip))) {
    if (references.some((each) => each.clip === clip))
      copyFileSync(`public/samples/${clip}`, scratch(`${name}/${clip}`));
  }
  return scratch(name);
}

/** Questions about the short samples; some answers are made right and others wrong, whatever the model knows. */
const short = references.filter(({ frames }) => frames < 100);
const questions = short.flatMap(({ clip, questions: asked }) =>
  asked.map(({ type, question, truth, ...answers }, i) => {
    const graded = [
      { answer: truth, accepted: [] },
      { answer: "Something else.", accepted: ["Neither.", answers.memory] },
      { answer: "Something else.", accepted: [answers["look-again"].toUpperCase()] },
    ][i % 3] as { answer: string; accepted: string[] };
    return { clip, type, question, ...graded, answers };
  }),
);

/** The score that the reference's answers get. */
function expectedScore(asked: typeof questions, from: "memory" | "look-again") {
  const right = asked.map(({ answer, accepted, answers }) => Number([answer, ...accepted].includes(answers[from])));
  const share = (values: readonly number[]) => {
    const accuracy = values.reduce((sum, value) => sum + value, 0) / values.length;
    const error = Math.sqrt((accuracy * (1 - accuracy)) / values.length);
    return {
      n: values.length,
      accuracy: expect.closeTo(accuracy, 12),
      error: expect.closeTo(error, 12),
      exact: accuracy,
    };
  };
  const types = [...new Set(asked.map(({ type }) => type))];
  const shares = types.map((type) => share(right.filter((_, i) => asked[i]?.type === type)));
  const sure = asked.filter(({ type }) => type !== "unsure");
  const doubted = sure.filter(({ answers }) => answers[from] === "I am not sure.").length;
  const { exact: _, ...all } = share(right);
  return {
    from,
    macro: expect.closeTo(shares.reduce((sum, { exact }) => sum + exact, 0) / types.length, 12),
    ...all,
    byType: Object.fromEntries(shares.map(({ exact: _, ...each }, i) => [types[i], each])),
    falseUnsure: doubted / sure.length,
  };
}

/** One browser and one opened model for all that need no process of their own. */
let host: Host;
beforeAll(async () => {
  host = await openTestHost();
});
afterAll(() => host.close());

test("scores the reference's answers as they deserve, both ways, and writes them down", async () => {
  const folder = suite("both", questions);
  const answers = scratch("answers.json");
  const run = await runHere(evaluate, lend(host), "--suite", folder, "--json", "--answers", answers);
  expect(said(run)).toEqual([]);
  expect(run.code).toBe(0);
  expect(JSON.parse(run.out)).toEqual({
    ...expectedScore(questions, "memory"),
    lookAgain: expectedScore(questions, "look-again"),
  });
  expect(JSON.parse(readFileSync(answers, "utf8"))).toEqual(
    questions.map(({ clip, type, question, answer, answers: given }) => {
      return { clip, type, question, answer, memory: given.memory, lookAgain: given["look-again"] };
    }),
  );
}, 600_000);

test("asks in one way, about the first clips", async () => {
  const first = questions.filter(({ clip }) => clip === questions[0]?.clip);
  const folder = suite("one-way", questions);
  const answers = scratch("memory.json");
  const run = await runHere(
    evaluate,
    lend(host),
    "--suite",
    folder,
    "--from",
    "memory",
    "--limit",
    "1",
    "--json",
    "--answers",
    answers,
  );
  expect(JSON.parse(run.out)).toEqual(expectedScore(first, "memory"));
  const written = JSON.parse(readFileSync(answers, "utf8"));
  expect(written.map((each: object) => Object.keys(each).join())).toEqual(
    first.map(() => "clip,type,question,answer,memory"),
  );
});

test("as a person runs it: a table that ends with the mean over types and all questions", async () => {
  const [{ clip, questions: asked }] = references as [ClipAnswers];
  const graded = asked.slice(0, 3).map(({ type, question, memory }, i) => {
    return { clip, type, question, answer: i === 1 ? memory : "Something else.", accepted: [] };
  });
  const run = await runAlone("eval", "--suite", suite("table", graded), "--from", "memory");
  expect(run.code).toBe(0);
  expect(said(run)).toEqual(["1 / 1 clips"]);
  const lines = run.out.trimEnd().split("\n");
  const types = [...new Set(graded.map(({ type }) => type))].sort();
  expect(lines[0]).toMatch(/^type +n +from memory$/);
  expect(lines.slice(1, -2).map((line) => line.split(" ")[0])).toEqual(types);
  expect(lines.at(-2)).toMatch(/^macro +\d+\.\d %$/);
  expect(lines.at(-1)).toMatch(/^all +3 +33\.3 ± 27\.2 %$/);
  expectRefusal(await runAlone("eval"), /^usage: npm run eval/);
});

const [width, height, count] = [32, 24, 5];
const pixels = Array.from({ length: count }, (_, i) =>
  Uint8Array.from(randomFloats(width * height * 3, i), (value) => 40 * (i + 1) + 30 * value),
);
const pictures = pixels.map((rgb, i) => ({
  path: `frame-00${i}.png`,
  bytes: writePng(width, height, rgb, 1 + (i % 2)),
}));

test("shows each picture of a folder once, and every pixel as it is", async () => {
  const videos = await host.page.evaluateHandle<typeof import("../../src/video/open-video.ts")>(
    'import("/src/video/open-video.ts")',
  );
  const shown = await videos.evaluate(async ({ openVideo }, base64) => {
    const video = await openVideo(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const frames = [];
    for await (const { frame, timestampSeconds } of video.frames({ fps: 2 }, {})) {
      const rgba = new Uint8Array(4 * frame.displayWidth * frame.displayHeight);
      await frame.copyTo(rgba, { format: "RGBA" });
      frame.close();
      frames.push({ timestampSeconds, rgb: [...rgba.filter((_, i) => i % 4 !== 3)] });
    }
    return { seconds: video.info.durationSeconds, frames };
  }, joinPictures(pictures, 2).toString("base64"));
  expect(shown.seconds).toBe(count / 2);
  expect(shown.frames.map(({ timestampSeconds }) => timestampSeconds)).toEqual([0, 0.5, 1, 1.5, 2]);
  for (const [i, { rgb }] of shown.frames.entries()) expect(Uint8Array.from(rgb)).toEqual(pixels[i]);
});

test("answers about folders of pictures, one or many", async () => {
  const asked = ["many", "one"].flatMap((clip) =>
    ["What do you see?", "What is happening?"].map((question) => {
      return { clip, type: "list", question, answer: "Nothing.", accepted: [] };
    }),
  );
  const folder = suite("pictures", asked);
  const files = { many: pictures, one: pictures.slice(0, 1) };
  const expected = [];
  for (const [clip, shown] of Object.entries(files)) {
    mkdirSync(`${folder}/${clip}`);
    for (const { path, bytes } of shown) writeFileSync(`${folder}/${clip}/${path}`, bytes);
    writeFileSync(scratch(`${clip}.png`), clip === "one" ? (shown[0]?.bytes ?? "") : joinPictures(shown, 2));
    const options = {
      model: host.modelAddress("public/models/nano"),
      url: null,
      encoder: "auto",
      fps: null,
      at: null,
    } as const;
    const single = { ...options, from: "memory", questions: ["What do you see?", "What is happening?"] } as const;
    const result = await host.run("ask", single, [scratch(`${clip}.png`)]);
    expect(result.frames).toBe(shown.length);
    expected.push(...result.answers.map(({ answer }) => answer));
  }
  const run = await runHere(
    evaluate,
    lend(host),
    "--suite",
    folder,
    "--from",
    "memory",
    "--json",
    "--answers",
    scratch("pictures.json"),
  );
  expect(said(run)).toEqual([]);
  const written = JSON.parse(readFileSync(scratch("pictures.json"), "utf8"));
  expect(written.map(({ memory }: { memory: string }) => memory)).toEqual(expected);
});

test("says in one line what is wrong, where it can before it starts a browser", async () => {
  const sample = { clip: "counting.mp4", type: "list", question: "?", answer: "Nothing.", accepted: [] };
  const good = suite("good", [sample]);
  const text = suite("text", [sample, { ...sample, clip: "text.mp4" }]);
  writeFileSync(`${text}/text.mp4`, "It was a dark and stormy night.\n".repeat(300));
  const broken = suite("broken", [{ ...sample, clip: "pictures" }]);
  mkdirSync(`${broken}/pictures`);
  writeFileSync(`${broken}/pictures/frame-000.png`, pictures[0]?.bytes.subarray(0, 300) ?? "");
  expectRefusal(
    await runHere(evaluate, lend(host), "--suite", text, "--json", "--from", "memory"),
    /^VideoUnreadable: text\.mp4: .*not a video/,
  );
  const wrong: [args: string[], line: RegExp][] = [
    [[], /^usage: npm run eval/],
    [["--suite", scratch("nowhere")], /^There is no folder .*nowhere\.$/],
    [["--suite", scratch(".")], /^There is no questions\.json in /],
    [["--suite", suite("keys", [sample, { ...sample, answer: 7 } as never])], /^Entry 2 of .*: "answer" is not a text/],
    [
      ["--suite", suite("missing", [{ ...sample, clip: "gone.mp4" }])],
      /^VideoUnreadable: There is no clip .*gone\.mp4/,
    ],
    [["--suite", broken], /^VideoUnreadable: .*frame-000\.png is cut off/],
    [["--suite", good, "--model", "nowhere"], /^ModelNotFound: .*nowhere/],
    [["--suite", good, "--from", "hearsay"], /--from is one of memory, look-again, both/],
    [["--suite", good, "--limit", "0.5"], /--limit 0\.5/],
    [["--suite", good, "--answers", scratch("nowhere/answers.json")], /^There is no folder .*nowhere for the answers/],
    [["--suite", good, "--colour"], /--colour/],
  ];
  for (const [args, line] of wrong) expectRefusal(await runHere(evaluate, noBrowser, ...args), line);
});

function expectRefusal(run: Run, line: RegExp): void {
  expect(said(run)).toEqual([expect.stringMatching(line)]);
  expect(run).toMatchObject({ code: 1, out: "" });
}

test("notices pictures that the browser cannot decode", async () => {
  const asked = [{ clip: "pictures", type: "list", question: "What do you see?", answer: "Nothing.", accepted: [] }];
  const folder = suite("undecodable", asked);
  mkdirSync(`${folder}/pictures`);
  // As whole as a file can be whose pixels are not compressed pixels.
  const [good] = pictures.map(({ bytes }) => bytes) as [Buffer];
  const bad = [good.subarray(0, 33), pngChunk("IDAT", Buffer.alloc(200, 0xff)), pngChunk("IEND", Buffer.alloc(0))];
  for (const [i, bytes] of [good, good, Buffer.concat(bad)].entries())
    writeFileSync(`${folder}/pictures/frame-00${i}.png`, bytes);
  const run = await runHere(evaluate, lend(host), "--suite", folder, "--json", "--from", "memory");
  expect(said(run)).toEqual([expect.stringMatching(/^VideoUnreadable: pictures: /)]);
  expect(run).toMatchObject({ code: 1, out: "" });
});
