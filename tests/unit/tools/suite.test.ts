import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSuite } from "../../../tools/suite.ts";

const scratch = mkdtempSync(join(tmpdir(), "aurora-suites-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** A new folder with a `questions.json` and empty files. */
function suite(questions: unknown, files: readonly string[] = []): string {
  const folder = join(scratch, String(count++));
  for (const file of ["questions.json", ...files]) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  writeFileSync(join(folder, "questions.json"), typeof questions === "string" ? questions : JSON.stringify(questions));
  return folder;
}

const entry = { clip: "a.mp4", type: "list", question: "What do you see?", answer: "A hat.", accepted: ["A cap."] };

test("groups questions by clip, and finds a folder's pictures in order", () => {
  const other = { ...entry, clip: "b" };
  const pictures = ["b/frame-001.png", "b/frame-000.png", "b/notes.txt"];
  const folder = suite([other, entry, { ...other, type: "color" }], ["a.mp4", ...pictures]);
  expect(readSuite(folder)).toEqual([
    {
      name: "b",
      path: join(folder, "b"),
      pictures: [join(folder, "b/frame-000.png"), join(folder, "b/frame-001.png")],
      questions: [other, { ...other, type: "color" }],
    },
    { name: "a.mp4", path: join(folder, "a.mp4"), pictures: null, questions: [entry] },
  ]);
});

test("counts pictures beyond the thousandth", () => {
  const names = Array.from({ length: 1002 }, (_, i) => `b/frame-${String(i).padStart(3, "0")}.png`);
  const folder = suite([{ ...entry, clip: "b" }], names);
  expect(readSuite(folder)[0]?.pictures).toEqual(names.map((name) => join(folder, name)));
});

test("says which entry is wrong, and how", () => {
  const { accepted: _, ...withoutAccepted } = entry;
  const wrong: [questions: unknown, message: RegExp][] = [
    ["[{", /^\S+questions\.json is not JSON: .+/],
    [{ questions: [entry] }, /questions\.json is not a list/],
    [[], /questions\.json has no questions/],
    [[entry, null], /^Entry 2 of \S+questions\.json: it is not an object/],
    [[entry, [entry]], /^Entry 2 of \S+: it is not an object/],
    [[{ ...entry, answer: undefined }], /^Entry 1 of \S+: "answer" is missing/],
    [[entry, entry, { ...entry, type: 3 }], /^Entry 3 of \S+: "type" is not a text/],
    [[{ ...entry, question: " " }], /^Entry 1 of \S+: "question" is empty/],
    [[{ ...entry, clip: "" }], /^Entry 1 of \S+: "clip" is empty/],
    [[withoutAccepted], /^Entry 1 of \S+: "accepted" is missing/],
    [[{ ...entry, accepted: "A cap." }], /^Entry 1 of \S+: "accepted" is not a list of texts/],
    [[{ ...entry, accepted: [1] }], /^Entry 1 of \S+: "accepted" is not a list of texts/],
    [[entry, { ...entry, clip: "c.mp4" }], /^VideoUnreadable: There is no clip \S+c\.mp4, which entry 2 of \S+ asks/],
  ];
  for (const [questions, message] of wrong) {
    expect(() => readSuite(suite(questions, ["a.mp4"]))).toThrow(message);
  }
});

test("misses folders, files and pictures", () => {
  const folder = join(scratch, "none");
  expect(() => readSuite(folder)).toThrow(`There is no folder ${folder}.`);
  mkdirSync(join(scratch, "bare"));
  expect(() => readSuite(join(scratch, "bare"))).toThrow("There is no questions.json in");
  const asked = [{ ...entry, clip: "b" }];
  expect(() => readSuite(suite(asked, ["b/other.png"]))).toThrow(/There is no picture frame-000\.png in \S+b\./);
  const gap = ["b/frame-000.png", "b/frame-002.png"];
  expect(() => readSuite(suite(asked, gap))).toThrow(/There is no picture frame-001\.png/);
});
