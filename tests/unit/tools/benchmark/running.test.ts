import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createVideoFinder } from "../../../../tools/benchmark/find-video.ts";
import { createJudge } from "../../../../tools/benchmark/judge.ts";
import { openResults, type RunSettings } from "../../../../tools/benchmark/results.ts";
import { progress } from "../../../../tools/benchmark/run.ts";
import { tasks } from "../../../../tools/benchmark/tasks.ts";
import { serveFiles } from "../../../file-server.ts";

const folder = mkdtempSync(join(tmpdir(), "aurora-benchmark-"));
afterAll(() => rmSync(folder, { recursive: true }));

const settings: RunSettings = { task: "vatex", model: "m", from: "memory", sampling: { fps: 1 } };

test("results go on where they ended, wherever the run was cut off", () => {
  const whole = join(folder, "whole.jsonl");
  const file = openResults(whole, settings, false);
  file.add({ id: "a", video: "v", error: "DeviceLost: gone" });
  file.add({ id: "a", video: "v", answer: "An „answer“\nof two lines." });
  file.add({ id: "b", video: "v", answer: "B" });
  const bytes = readFileSync(whole);
  for (let length = 0; length <= bytes.length; length += 5) {
    const cut = join(folder, "cut.jsonl");
    writeFileSync(cut, bytes.subarray(0, length));
    const { results, add } = openResults(cut, settings, true);
    for (const id of ["a", "b"])
      if (results.get(id)?.answer === undefined) add({ id, video: "v", answer: `${file.results.get(id)?.answer}` });
    expect([...openResults(cut, settings, true).results.values()].map(({ answer }) => answer)).toEqual([
      "An „answer“\nof two lines.",
      "B",
    ]);
  }
  expect(() => openResults(whole, settings, false)).toThrow(/--resume goes on with it/);
  expect(() => openResults(whole, { ...settings, model: "other" }, true)).toThrow(/is of another run/);
  writeFileSync(whole, `${readFileSync(whole, "utf8")}{"id":\n`);
  expect(() => openResults(whole, settings, true)).toThrow(/Line 5 of .* is not JSON/);
});

test("videos are found by their names, with folders and endings or without", () => {
  for (const path of ["a/one.mp4", "b/two.MP4", "b/same.webm", "c/d/same.mkv", "c/notes.txt"]) {
    mkdirSync(join(folder, "videos", path, ".."), { recursive: true });
    writeFileSync(join(folder, "videos", path), "");
  }
  const find = createVideoFinder(join(folder, "videos"));
  const found = (name: string) => find(name)?.slice(join(folder, "videos").length + 1) ?? null;
  expect(found("one")).toBe("a/one.mp4");
  expect(found("elsewhere/one.mp4")).toBe("a/one.mp4");
  expect(found("two.mp4")).toBe("b/two.MP4");
  expect(found("d/same.mp4")).toBe("c/d/same.mkv");
  expect(found("b/same")).toBe("b/same.webm");
  expect(found("x/same")).toBeNull();
  expect(found("notes")).toBeNull();
});

test("says how long it will take from the third video on", () => {
  expect(progress(2, 500, 60_000)).toBe("2 / 500 videos");
  expect(progress(3, 500, 90_000)).toBe("3 / 500 videos, about 4 h 9 min left");
  expect(progress(10, 12, 200_000)).toBe("10 / 12 videos, about 40 s left");
  expect(progress(12, 12, 200_000)).toBe("12 / 12 videos");
});

test("a judge that is busy is asked again, and one that refuses is told", async () => {
  const content = JSON.stringify({ choices: [{ message: { content: " yes " } }] });
  const path = "/v1/chat/completions";
  const busy = await serveFiles({ [path]: content }, { status: { path, code: 503, times: 2 } });
  expect(await createJudge({ url: `${busy.url}/v1`, model: "m", key: null }, 1)("s", "u", 9)).toBe("yes");
  expect(busy.requests).toHaveLength(3);
  await busy.close();
  const closed = await serveFiles({ [path]: content }, { status: { path, code: 401 } });
  const refused = createJudge({ url: `${closed.url}${path}`, model: "m", key: "k" }, 1)("s", "u", 9);
  await expect(refused).rejects.toThrow(/gave no answer: HTTP 401.*--resume/);
  expect(closed.requests).toHaveLength(1);
  await closed.close();
});

/** Items of one row in a task's format. */
function itemsOf(name: string, row: object, path = "test.json") {
  return tasks.find((task) => task.name === name)?.readItems([{ path, rows: [row as never] }]) ?? [];
}

test("prompts are the published ones", () => {
  const [anet] = itemsOf("activitynet-qa", {
    video_name: "x",
    question: "is the Man on TV",
    answer: "no",
    question_id: 7,
  });
  expect(anet).toMatchObject({
    id: "7",
    video: "v_x",
    prompt: "Is the man on tv? Answer the question using a single word or phrase.",
  });
  const [mvBench] = itemsOf(
    "mvbench",
    { video: "a.mp4", question: "What?", candidates: ["x", "y"], answer: "y" },
    "json/action_count.json",
  );
  expect(mvBench).toMatchObject({
    video: "perception/videos/a.mp4",
    prompt: "Question:What?\nOption:\n(A) x\n(B) y\nOnly give the best option.\n",
  });
  const [lvb] = itemsOf("longvideobench", {
    ...{ id: "i", video_path: "a.mp4", question: "What?", option0: "x", option1: "y", option2: "N/A", option3: "N/A" },
    ...{ option4: "N/A", correct_choice: 1n, duration_group: 15n },
  });
  expect(lvb?.prompt).toBe("What?\nA. x\nB. y\nAnswer with the option's letter from the given choices directly.\n");
  expect(lvb?.choice?.options).toEqual(["x", "y"]);
  const [ego] = itemsOf("egoschema", { video_idx: "e", question: "What?", option: ["A. x", "B. y"], answer: "1" });
  expect(ego).toMatchObject({
    prompt: "What?\nA. x\nB. y\nAnswer with the option's letter from the given choices directly.",
    choice: { question: "What?", options: ["x", "y"] },
  });
  const [mlvu] = itemsOf("mlvu", {
    ...{ video: "a.mp4", question: "What?", candidates: ["x", "y"], answer: "y", question_type: "plotQA" },
  });
  expect(mlvu?.prompt).toBe("What?\n(A) x\n(B) y\nOnly give the best option.\nBest option: (");
  const [first] = itemsOf("vdc", { video_name: "v", qa_list: [] }, "short.jsonl");
  expect(itemsOf("vdc", { video_name: "v", qa_list: [] }, "short.jsonl")).toEqual([first]);
  expect(first?.prompt).toBe("Describe the main theme or action of the video in a single sentence.");
});
